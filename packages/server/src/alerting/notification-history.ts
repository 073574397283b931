/**
 * The last notifications with how they ended, for people to look at. In memory, bounded; what must
 * survive a restart is in the notification log.
 */
import type { TenantId } from '@mon/storage/model/tenant';

/** Entries kept of all tenants together. */
export const HISTORY_MAX = 2000;

export interface NotificationRecord {
  readonly tenant: TenantId;
  readonly atMs: number;
  readonly receiver: string;
  /** `webhook[0]`; `none` for a receiver that only records. */
  readonly integration: string;
  readonly groupKey: string;
  readonly firing: number;
  readonly resolved: number;
  /** Why it was sent: a `NotifyReason`. */
  readonly why: string;
  readonly outcome: 'delivered' | 'recorded' | 'failed';
  readonly attempts: number;
  readonly error: string;
}

export class NotificationHistory {
  readonly #records: NotificationRecord[] = [];
  /** Failures that no later success has mended, by tenant and receiver. */
  readonly #failures = new Map<string, NotificationRecord>();

  add(record: NotificationRecord): void {
    this.#records.push(record);
    if (this.#records.length > HISTORY_MAX) this.#records.shift();
    const key = `${record.tenant}/${record.receiver}`;
    this.#failures.delete(key);
    if (record.outcome === 'failed') this.#failures.set(key, record);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > HISTORY_MAX && oldest !== undefined) this.#failures.delete(oldest);
  }

  /** The newest first. */
  list(tenant: TenantId): NotificationRecord[] {
    return this.#records.filter((record) => record.tenant === tenant).reverse();
  }

  /** The last failure of a receiver, unless it was told something since. */
  failureOf(tenant: TenantId, receiver: string): NotificationRecord | undefined {
    return this.#failures.get(`${tenant}/${receiver}`);
  }
}
