/**
 * All alerts the alert manager knows, on disk from firing until everybody was told that they are
 * over: a restart loses none, even while a receiver is down.
 *
 * Keys: `alerting/TENANT/alerts/FINGERPRINT`. Written when an alert begins or ends, not when its
 * value or annotations change.
 */
import { labelsFromRecord, labelsToRecord } from '@mon/storage/model/labels';
import type { MetaChange, MetaStore } from '@mon/storage/model/meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import type { RuleAlert } from '../rules/alert-sink.ts';
import { fingerprint } from './fingerprint.ts';
import { isResolved, type ManagedAlert } from './managed-alert.ts';
import type { RetriedWrites } from './retried-writes.ts';

/** Alerts kept at a time, of all tenants; further ones are refused and counted. */
export const ALERTS_MAX = 500_000;

const ROOT = 'alerting/';

interface AlertRecord extends Omit<ManagedAlert, 'labels' | 'tenant'> {
  readonly labels: Readonly<Record<string, string>>;
}

export class AlertBook {
  readonly #meta: MetaStore;
  readonly #writes: RetriedWrites;
  readonly #onOverflow: () => void;
  readonly #alerts = new Map<string, ManagedAlert>();

  constructor(meta: MetaStore, writes: RetriedWrites, onOverflow: () => void) {
    this.#meta = meta;
    this.#writes = writes;
    this.#onOverflow = onOverflow;
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#meta.list(ROOT)) {
      const [tenant = '', kind] = key.slice(ROOT.length).split('/');
      if (kind !== 'alerts') continue;
      const record = JSON.parse(value) as AlertRecord;
      const labels = labelsFromRecord(record.labels);
      this.#alerts.set(key, { ...record, labels, tenant: tenant as TenantId });
    }
  }

  all(): ManagedAlert[] {
    return [...this.#alerts.values()];
  }

  /**
   * Takes the present state of alerts.
   *
   * @returns those that anybody must hear of: an end of what nobody heard of is left out
   */
  receive(tenant: TenantId, alerts: readonly RuleAlert[]): ManagedAlert[] {
    const changes: MetaChange[] = [];
    const taken: ManagedAlert[] = [];
    for (const given of alerts) {
      const print = fingerprint(given.labels);
      const key = keyOf(tenant, print);
      const known = this.#alerts.get(key);
      if (!known && isResolved(given)) continue;
      if (!known && this.#alerts.size >= ALERTS_MAX) {
        this.#onOverflow();
        continue;
      }
      const alert = merge(known, { ...given, tenant, fingerprint: print });
      this.#alerts.set(key, alert);
      taken.push(alert);
      if (known?.endsAtMs !== alert.endsAtMs || !known) {
        changes.push({ kind: 'put', key, value: JSON.stringify(recordOf(alert)) });
      }
    }
    if (changes.length > 0) void this.#writes.write(changes);
    return taken;
  }

  /** Forgets a resolved alert of which everybody knows, unless it fires again by now. */
  forget(alert: ManagedAlert): void {
    const key = keyOf(alert.tenant, alert.fingerprint);
    if (this.#alerts.get(key) !== alert) return;
    this.#alerts.delete(key);
    void this.#writes.write([{ kind: 'delete', key }]);
  }
}

/** A firing alert that was firing keeps its beginning. */
function merge(known: ManagedAlert | undefined, given: ManagedAlert): ManagedAlert {
  if (!known || isResolved(known)) return given;
  return { ...given, startsAtMs: Math.min(known.startsAtMs, given.startsAtMs) };
}

function recordOf({ tenant: _, labels, ...rest }: ManagedAlert): AlertRecord {
  return { ...rest, labels: labelsToRecord(labels) };
}

function keyOf(tenant: TenantId, print: string): string {
  return `${ROOT}${tenant}/alerts/${print}`;
}
