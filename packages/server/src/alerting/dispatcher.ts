/**
 * Sends each alert down the routing tree into its aggregation groups, and each group's
 * notifications through the stages of its receiver.
 */
import type { Clock } from '@mon/storage/model/clock';
import { labelsKey } from '@mon/storage/model/labels';
import { AggregationGroup } from './aggregation-group.ts';
import type { Notification, Receiver } from './integration.ts';
import type { ManagedAlert } from './managed-alert.ts';
import { type Passage, runStages, type Stage } from './notify-stages.ts';
import {
  type GroupingPolicy,
  groupKeyText,
  groupLabels,
  matchRoutes,
  type Route,
} from './route.ts';

/** Aggregation groups at a time; alerts beyond are refused and counted. */
export const GROUPS_MAX = 100_000;

export interface DispatcherOptions {
  readonly route: Route;
  /** By name; one for every name that may come up. */
  readonly receiver: (name: string) => Receiver;
  readonly stages: readonly Stage[];
  readonly externalUrl: string;
  readonly clock: Clock;
  /** No group holds the alert any more. */
  readonly onSettled: (alert: ManagedAlert) => void;
  readonly onOverflow: () => void;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #groups = new Map<string, AggregationGroup>();
  /** How many groups hold an alert, by tenant and fingerprint. */
  readonly #holders = new Map<string, Set<AggregationGroup>>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  groups(): AggregationGroup[] {
    return [...this.#groups.values()];
  }

  /** Takes the present state of an alert. */
  dispatch(alert: ManagedAlert): void {
    for (const { policy, key } of this.#routesOf(alert)) {
      const labels = groupLabels(policy, alert.labels);
      const id = [alert.tenant, policy.receiver, key, labelsKey(labels)].join('\u0001');
      const group = this.#groups.get(id) ?? this.#open(id, { policy, key, alert });
      if (!group) continue;
      const holderKey = holderOf(alert);
      const holders = this.#holders.get(holderKey) ?? new Set();
      this.#holders.set(holderKey, holders.add(group));
      group.insert(alert);
    }
  }

  /** Ends all groups; what was not delivered is delivered by the next dispatcher. */
  async close(): Promise<void> {
    await Promise.all(this.groups().map((group) => group.close()));
  }

  /** Names of the receivers that hear of such an alert. */
  receiversOf(alert: Pick<ManagedAlert, 'labels' | 'receivers'>): string[] {
    return this.#routesOf(alert).map(({ policy }) => policy.receiver);
  }

  /** N5: receivers that a rule names itself go by the root route's times. */
  #routesOf(
    alert: Pick<ManagedAlert, 'labels' | 'receivers'>,
  ): { readonly policy: GroupingPolicy; readonly key: string }[] {
    const { route } = this.#options;
    if (alert.receivers.length === 0) {
      return matchRoutes(route, alert.labels).map((policy) => ({ policy, key: policy.key }));
    }
    return [...new Set(alert.receivers)].map((receiver) => {
      return { policy: { ...route, receiver }, key: `${route.key}/${receiver}` };
    });
  }

  #open(
    id: string,
    { policy, key, alert }: { policy: GroupingPolicy; key: string; alert: ManagedAlert },
  ): AggregationGroup | undefined {
    if (this.#groups.size >= GROUPS_MAX) {
      this.#options.onOverflow();
      return undefined;
    }
    const labels = groupLabels(policy, alert.labels);
    const group = new AggregationGroup({
      ...{ tenant: alert.tenant, labels, policy, clock: this.#options.clock },
      key: groupKeyText(key, labels),
      tell: (from, alerts, signal) => this.#tell(from, alerts, signal),
      onSettled: (settled) => this.#release(settled, group),
      onEmpty: () => this.#groups.delete(id),
    });
    this.#groups.set(id, group);
    return group;
  }

  #release(alert: ManagedAlert, group: AggregationGroup): void {
    const key = holderOf(alert);
    const holders = this.#holders.get(key);
    holders?.delete(group);
    if (holders && holders.size > 0) return;
    this.#holders.delete(key);
    this.#options.onSettled(alert);
  }

  /** Through all integrations of the receiver at once: one that is down holds back no other. */
  async #tell(
    group: AggregationGroup,
    alerts: readonly ManagedAlert[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { receiver, stages, externalUrl, clock } = this.#options;
    const { tenant, key, labels, policy } = group.options;
    const { name, integrations } = receiver(policy.receiver);
    const notification: Notification = {
      ...{ tenant, receiver: name, groupKey: key, groupLabels: labels },
      ...{ alerts, externalUrl, nowMs: clock.nowMs() },
    };
    const results = await Promise.all(
      integrations.map((integration, i) => {
        const passage: Passage = {
          ...{ notification, integration, signal, reason: undefined },
          integrationName: `${integration.kind}[${i}]`,
          repeatIntervalMs: policy.repeatIntervalMs,
        };
        return runStages(stages, passage);
      }),
    );
    return results.every((result) => result.kind !== 'failed');
  }
}

function holderOf({ tenant, fingerprint }: ManagedAlert): string {
  return `${tenant}/${fingerprint}`;
}
