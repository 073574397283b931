/**
 * Alerts that are told together: waits for more to come, flushes, flushes again at its interval.
 *
 * Rules N6 to N8 in docs/spec/alerting.md; source: prometheus/alertmanager dispatch/dispatch.go.
 */
import type { Clock } from '@mon/storage/model/clock';
import type { Labels } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';
import { compareAlerts, isResolved, type ManagedAlert } from './managed-alert.ts';
import type { GroupingPolicy } from './route.ts';

/** A flush may always try for so long, however short the group's interval. */
export const FLUSH_TIME_MIN_MS = 10_000;

export interface GroupOptions {
  readonly tenant: TenantId;
  readonly key: string;
  readonly labels: Labels;
  readonly policy: GroupingPolicy;
  readonly clock: Clock;
  /** Tells the receiver; true when it knows the state of these alerts. */
  readonly tell: (
    group: AggregationGroup,
    alerts: readonly ManagedAlert[],
    signal: AbortSignal,
  ) => Promise<boolean>;
  /** A resolved alert of which the receiver knows left the group. */
  readonly onSettled: (alert: ManagedAlert) => void;
  /** The last alert left. */
  readonly onEmpty: (group: AggregationGroup) => void;
}

export class AggregationGroup {
  readonly options: GroupOptions;
  readonly #alerts = new Map<string, ManagedAlert>();
  readonly #stop = new AbortController();
  #cancelTimer = (): void => {};
  #hasFlushed = false;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: GroupOptions) {
    this.options = options;
    this.#flushAfter(options.policy.groupWaitMs);
  }

  alerts(): ManagedAlert[] {
    return [...this.#alerts.values()].sort(compareAlerts);
  }

  insert(alert: ManagedAlert): void {
    this.#alerts.set(alert.fingerprint, alert);
    const { clock, policy } = this.options;
    // N7: what fires for longer than the wait (after a restart, a reload) waits no more.
    const isOld = alert.startsAtMs + policy.groupWaitMs < clock.nowMs();
    if (!this.#hasFlushed && isOld) this.#flushAfter(0);
  }

  /** Ends the group; a flush under way is cut off and waited for. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancelTimer();
    await this.#flushing;
  }

  #flushAfter(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#cancelTimer();
    this.#cancelTimer = this.options.clock.after(ms, () => {
      this.#hasFlushed = true;
      this.#flushing = this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const { clock, policy, tell } = this.options;
    const time = Math.max(policy.groupIntervalMs, FLUSH_TIME_MIN_MS);
    const over = new AbortController();
    const cancelTime = clock.after(time, () => over.abort());
    const startedMs = clock.nowMs();
    const alerts = this.alerts();
    const signal = AbortSignal.any([over.signal, this.#stop.signal]);
    const isTold = await tell(this, alerts, signal);
    cancelTime();
    if (this.#stop.signal.aborted) return;
    if (isTold) this.#dropSettled(alerts);
    if (this.#alerts.size === 0) {
      this.#stop.abort();
      this.options.onEmpty(this);
      return;
    }
    // The interval runs from the beginning of a flush, so that slow receivers do not stretch it.
    const tookMs = Math.max(0, clock.nowMs() - startedMs);
    this.#flushAfter(Math.max(0, policy.groupIntervalMs - tookMs));
  }

  /** N8: resolved alerts leave once told, unless they changed meanwhile. */
  #dropSettled(told: readonly ManagedAlert[]): void {
    for (const alert of told) {
      if (!isResolved(alert) || this.#alerts.get(alert.fingerprint) !== alert) continue;
      this.#alerts.delete(alert.fingerprint);
      this.options.onSettled(alert);
    }
  }
}
