/**
 * Main's side of the shards' inboxes: which shard a request goes to, and where its body is put.
 *
 * A body is copied once, from the socket's buffer into the memory of the shard that decodes it. Its
 * place is given back when the shard has answered. Where a body is too large for the inbox, or the
 * inbox is full, it travels in a buffer of its own.
 */
import { INBOX } from '../memory/shard-layout.ts';
import { TransitSpace } from '../memory/transit-space.ts';
import type { WasmMemory } from '../memory/web-assembly.ts';
import type { BodyRoom } from '../model/appender.ts';

/** Larger bodies go another way. */
export const INBOX_BODY_BYTES_MAX = 1024 * 1024;
/** What kernels may read behind a body. */
const SLACK_BYTES = 64;

export class Inboxes {
  readonly #inboxes: readonly TransitSpace[];
  /** Requests under way, by shard. */
  readonly #dealt: number[];

  constructor(memories: readonly WasmMemory[]) {
    this.#inboxes = memories.map(({ buffer }) => new TransitSpace(buffer, INBOX));
    this.#dealt = memories.map(() => 0);
  }

  /** The shard that has the fewest requests is given one more; until `end`. */
  begin(): number {
    const dealt = this.#dealt;
    let shard = 0;
    for (let i = 1; i < dealt.length; i++) {
      if ((dealt[i] as number) < (dealt[shard] as number)) shard = i;
    }
    dealt[shard] = (dealt[shard] as number) + 1;
    return shard;
  }

  end(shard: number): void {
    this.#dealt[shard] = (this.#dealt[shard] as number) - 1;
  }

  /** Room for a body, which counts as a request until it is given back. */
  room(bytes: number): InboxRoom | undefined {
    if (bytes > INBOX_BODY_BYTES_MAX) return undefined;
    const shard = this.begin();
    const inbox = this.#inboxes[shard] as TransitSpace;
    const address = inbox.find(bytes + SLACK_BYTES);
    if (address !== 0) return new InboxRoom(this, inbox, { shard, address, length: bytes });
    this.end(shard);
    return undefined;
  }
}

export class InboxRoom implements BodyRoom {
  readonly kind = 'room';
  readonly shard: number;
  readonly from: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly #inboxes: Inboxes;
  readonly #inbox: TransitSpace;
  #isReleased = false;

  constructor(
    inboxes: Inboxes,
    inbox: TransitSpace,
    place: { readonly shard: number; readonly address: number; readonly length: number },
  ) {
    this.shard = place.shard;
    this.from = place.address;
    this.bytes = new Uint8Array(inbox.buffer, place.address, place.length);
    this.#inboxes = inboxes;
    this.#inbox = inbox;
  }

  get to(): number {
    return this.from + this.bytes.length;
  }

  /** Calling it again does nothing. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#inbox.give(this.from);
    this.#inboxes.end(this.shard);
  }
}
