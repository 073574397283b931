/**
 * Pending and firing alerts on disk, so that a restart forgets none: one entry a rule, written when
 * states change, not at every evaluation.
 *
 * What cannot be written (full disk) is kept and tried again with the next change or heartbeat;
 * evaluation and notification go on. Keys: `alert-states/TENANT/GROUP ID/RULE KEY`.
 */
import { MonError } from '@mon/storage/model/error';
import { labelsFromRecord, labelsKey, labelsToRecord } from '@mon/storage/model/labels';
import type { MetaChange, MetaStore } from '@mon/storage/model/meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import type { ActiveAlert, ActiveAlerts } from './alert-step.ts';

const STATES = 'alert-states/';
const HEARTBEAT = 'rules-heartbeat';

export interface StatePlace {
  readonly tenant: TenantId;
  readonly groupId: string;
  readonly ruleKey: string;
}

export interface StoredAlerts extends StatePlace {
  readonly alerts: ActiveAlerts;
}

interface AlertRecord extends Omit<ActiveAlert, 'labels'> {
  readonly labels: Readonly<Record<string, string>>;
}

export class AlertStateStore {
  readonly #meta: MetaStore;
  readonly #onFailure: (error: MonError) => void;
  #waiting = new Map<string, MetaChange>();

  constructor(meta: MetaStore, onFailure: (error: MonError) => void) {
    this.#meta = meta;
    this.#onFailure = onFailure;
  }

  /** All alerts of all tenants. */
  async load(): Promise<StoredAlerts[]> {
    const entries = await this.#meta.list(STATES);
    return entries.map(({ key, value }) => ({
      ...placeOf(key),
      alerts: new Map((JSON.parse(value) as AlertRecord[]).map(readAlert)),
    }));
  }

  /** When rules were last seen running; undefined on a new data directory. */
  async lastHeartbeatMs(): Promise<number | undefined> {
    const text = await this.#meta.get(HEARTBEAT);
    return text === undefined ? undefined : Number(text);
  }

  /** Stores alerts; without any, removes the entry. Resolves also where the disk refused. */
  async save(stored: readonly StoredAlerts[]): Promise<void> {
    for (const { alerts, ...place } of stored) {
      const key = keyOf(place);
      const value = JSON.stringify([...alerts.values()].map(writeAlert));
      const change: MetaChange =
        alerts.size === 0 ? { kind: 'delete', key } : { kind: 'put', key, value };
      this.#waiting.set(key, change);
    }
    if (stored.length > 0) await this.#flush();
  }

  async heartbeat(nowMs: number): Promise<void> {
    this.#waiting.set(HEARTBEAT, { kind: 'put', key: HEARTBEAT, value: String(nowMs) });
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = new Map();
    try {
      await this.#meta.write([...batch.values()]);
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      // Newer changes of the same entries win over those that failed.
      this.#waiting = new Map([...batch, ...this.#waiting]);
      this.#onFailure(thrown);
    }
  }
}

function keyOf({ tenant, groupId, ruleKey }: StatePlace): string {
  return `${STATES}${tenant}/${encodeURIComponent(groupId)}/${ruleKey}`;
}

function placeOf(key: string): StatePlace {
  const [tenant = '', groupId = '', ruleKey = ''] = key.slice(STATES.length).split('/');
  return { tenant: tenant as TenantId, groupId: decodeURIComponent(groupId), ruleKey };
}

function writeAlert(alert: ActiveAlert): AlertRecord {
  return { ...alert, labels: labelsToRecord(alert.labels) };
}

function readAlert(record: AlertRecord): [string, ActiveAlert] {
  const labels = labelsFromRecord(record.labels);
  return [labelsKey(labels), { ...record, labels }];
}
