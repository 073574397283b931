/**
 * What each receiver was told of each group last, on disk: who asks it after a restart notifies
 * nobody twice.
 *
 * Keys: `alerting/TENANT/notified/ID`, the id a hash of receiver, integration and group.
 */
import { createHash } from 'node:crypto';
import type { MetaStore } from '@mon/storage/model/meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import type { LastNotice } from './notify-decision.ts';
import type { RetriedWrites } from './retried-writes.ts';

/** Entries nobody asked for so long are forgotten; at least twice the repeat interval. */
export const NOTICE_KEEP_MS = 5 * 24 * 3600 * 1000;

export interface NoticePlace {
  readonly tenant: TenantId;
  readonly receiver: string;
  /** `webhook[0]`: which of the receiver's integrations. */
  readonly integration: string;
  readonly groupKey: string;
}

interface NoticeEntry extends LastNotice, Omit<NoticePlace, 'tenant'> {
  readonly expiresMs: number;
}

const ROOT = 'alerting/';

export class NotificationLog {
  readonly #meta: MetaStore;
  readonly #writes: RetriedWrites;
  readonly #entries = new Map<string, NoticeEntry>();

  constructor(meta: MetaStore, writes: RetriedWrites) {
    this.#meta = meta;
    this.#writes = writes;
  }

  /** Reads all entries and forgets those that expired. */
  async load(nowMs: number): Promise<void> {
    for (const { key, value } of await this.#meta.list(ROOT)) {
      if (key.split('/')[2] !== 'notified') continue;
      this.#entries.set(key, JSON.parse(value) as NoticeEntry);
    }
    await this.expire(nowMs);
  }

  last(place: NoticePlace): LastNotice | undefined {
    return this.#entries.get(keyOf(place));
  }

  /** Writes down what a receiver was told. */
  async record(place: NoticePlace, notice: LastNotice, repeatIntervalMs: number): Promise<void> {
    const key = keyOf(place);
    const { receiver, integration, groupKey } = place;
    const expiresMs = notice.atMs + Math.max(NOTICE_KEEP_MS, 2 * repeatIntervalMs);
    const entry: NoticeEntry = { receiver, integration, groupKey, ...notice, expiresMs };
    this.#entries.set(key, entry);
    await this.#writes.write([{ kind: 'put', key, value: JSON.stringify(entry) }]);
  }

  /** The clock was set: times move with it, so that nothing is repeated for it. */
  async shift(byMs: number): Promise<void> {
    for (const [key, entry] of this.#entries) {
      const { atMs, expiresMs } = entry;
      this.#entries.set(key, { ...entry, atMs: atMs + byMs, expiresMs: expiresMs + byMs });
    }
    await this.#writes.write(
      [...this.#entries].map(([key, entry]) => {
        return { kind: 'put', key, value: JSON.stringify(entry) };
      }),
    );
  }

  /** Forgets what expired. */
  async expire(nowMs: number): Promise<void> {
    const gone = [...this.#entries].filter(([, entry]) => entry.expiresMs < nowMs);
    for (const [key] of gone) this.#entries.delete(key);
    await this.#writes.write(gone.map(([key]) => ({ kind: 'delete', key })));
  }
}

function keyOf({ tenant, receiver, integration, groupKey }: NoticePlace): string {
  const hash = createHash('sha256').update(JSON.stringify([receiver, integration, groupKey]));
  return `${ROOT}${tenant}/notified/${hash.digest('hex').slice(0, 32)}`;
}
