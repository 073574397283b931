/**
 * One sender's session in the shard it is pinned to: its dictionary, which of our series each number
 * stands for, and what was answered lately.
 *
 * Frames are taken in the order of their numbers only, since each is read with what the ones before
 * left. Rules: docs/protocol/mon-wire.md.
 */
import type { AppendOutcome } from '../model/appender.ts';
import type { TenantId } from '../model/tenant.ts';
import type { FrameHead } from '../protocol/mon-wire-frame.ts';
import { WireReader } from '../protocol/mon-wire-reader.ts';

/** Entries of `owners` that are no shard. */
export const OWNER_UNKNOWN = 0xff;
export const OWNER_REJECTED = 0xfe;

/** Frames whose outcome is remembered for a sender that did not get the answer. */
const OUTCOMES_MAX = 4;

export class WireSession {
  readonly key: string;
  readonly tenant: TenantId;
  readonly epoch: number;
  readonly reader = new WireReader();
  /** By number in the dictionary: the shard that owns the series, and its ref there. */
  owners = new Uint8Array(0);
  refs = new Uint32Array(0);
  usedMs = 0;
  #next = 0;
  readonly #outcomes = new Map<number, Promise<AppendOutcome>>();

  constructor(tenant: TenantId, { session, epoch }: FrameHead) {
    this.key = sessionKey(tenant, session);
    this.tenant = tenant;
    this.epoch = epoch;
  }

  get bytes(): number {
    return this.reader.bytes + this.owners.byteLength + this.refs.byteLength;
  }

  /** Whether a frame is the one that comes next. */
  isNext({ epoch, sequence }: FrameHead): boolean {
    return epoch === this.epoch && sequence === this.#next;
  }

  /** What a frame that was taken before came to, while that is remembered. */
  outcomeOf({ epoch, sequence }: FrameHead): Promise<AppendOutcome> | undefined {
    return epoch === this.epoch ? this.#outcomes.get(sequence) : undefined;
  }

  /** Notes that the next frame is taken. */
  take(outcome: Promise<AppendOutcome>): void {
    this.#outcomes.set(this.#next, outcome);
    this.#outcomes.delete(this.#next - OUTCOMES_MAX);
    this.#next++;
  }

  /** Makes room for all series of the dictionary; new ones are unknown. */
  growTables(): void {
    const { seriesCount } = this.reader;
    const before = this.owners.length;
    if (seriesCount <= before) return;
    const length = Math.max(seriesCount, Math.ceil(before * 1.5));
    const owners = new Uint8Array(length).fill(OWNER_UNKNOWN, before);
    owners.set(this.owners);
    this.owners = owners;
    const refs = new Uint32Array(length);
    refs.set(this.refs);
    this.refs = refs;
  }

  /** Drops what it knows of series that leave their owner. */
  forget(owner: number, gone: ReadonlySet<number>): void {
    const { owners, refs } = this;
    for (let i = 0; i < owners.length; i++) {
      if (owners[i] === owner && gone.has(refs[i] as number)) owners[i] = OWNER_UNKNOWN;
    }
  }
}

export function sessionKey(tenant: TenantId, session: string): string {
  return `${session} ${tenant}`;
}
