/**
 * The policy of a notification as one list of stages, from a group's alerts to the notification
 * log.
 *
 * A stage hands on what is left to be told, or ends the run: with nothing to tell, which is a
 * success, or with a failure, after which the group keeps its alerts and its next flush starts
 * over. Rules N9 to N18 in docs/spec/alerting.md; source: prometheus/alertmanager notify/notify.go.
 */
import type { Clock } from '@mon/storage/model/clock';
import type { AlertingMetrics } from './alerting-metrics.ts';
import { deliver } from './delivery.ts';
import type { Inhibits } from './inhibition.ts';
import type { Integration, Notification } from './integration.ts';
import { isResolved } from './managed-alert.ts';
import type { NotificationHistory } from './notification-history.ts';
import type { NotificationLog } from './notification-log.ts';
import { decideNotify, type NotifyReason } from './notify-decision.ts';

/** A notification on its way through the stages. */
export interface Passage {
  readonly notification: Notification;
  readonly integration: Integration;
  /** `webhook[0]`. */
  readonly integrationName: string;
  readonly repeatIntervalMs: number;
  /** Set by the stage that decides. */
  readonly reason: NotifyReason | undefined;
  readonly signal: AbortSignal;
}

export type StageResult =
  | { readonly kind: 'go-on'; readonly passage: Passage }
  | { readonly kind: 'nothing-to-tell' }
  | { readonly kind: 'failed'; readonly reason: string };

export type Stage = (passage: Passage) => StageResult | Promise<StageResult>;

export interface StageParts {
  readonly log: NotificationLog;
  readonly history: NotificationHistory;
  readonly metrics: AlertingMetrics;
  readonly clock: Clock;
  readonly random: () => number;
  /** What inhibits alerts now. */
  readonly inhibits: () => Inhibits;
}

/** The stages in their order. */
export function notifyStages(parts: StageParts): readonly Stage[] {
  return [
    holdBackInhibited(parts),
    skipWhatIsKnown(parts),
    deliverUnlessUnwanted(parts),
    writeDown(parts),
  ];
}

export async function runStages(
  stages: readonly Stage[],
  passage: Passage,
): Promise<Exclude<StageResult, { kind: 'go-on' }> | { readonly kind: 'told' }> {
  let current = passage;
  for (const stage of stages) {
    const result = await stage(current);
    if (result.kind !== 'go-on') return result;
    current = result.passage;
  }
  return { kind: 'told' };
}

/** N19 */
function holdBackInhibited({ inhibits }: StageParts): Stage {
  return (passage) => {
    const isHeldBack = inhibits();
    const { notification } = passage;
    const alerts = notification.alerts.filter((alert) => !isHeldBack(alert));
    if (alerts.length === 0) return { kind: 'nothing-to-tell' };
    return { kind: 'go-on', passage: { ...passage, notification: { ...notification, alerts } } };
  };
}

/** N9 to N14 */
function skipWhatIsKnown({ log, clock }: StageParts): Stage {
  return (passage) => {
    const { integration, repeatIntervalMs } = passage;
    const decision = decideNotify(log.last(placeOf(passage)), {
      ...fingerprints(passage),
      nowMs: clock.nowMs(),
      repeatIntervalMs,
      sendsResolved: integration.sendsResolved,
    });
    if (decision.kind === 'skip') return { kind: 'nothing-to-tell' };
    return { kind: 'go-on', passage: { ...passage, reason: decision.reason } };
  };
}

/** N15 to N17 */
function deliverUnlessUnwanted({ metrics, history, clock, random }: StageParts): Stage {
  return async (passage) => {
    const { notification, integration, integrationName, signal } = passage;
    const { kind, sendsResolved } = integration;
    const alerts = notification.alerts.filter((alert) => sendsResolved || !isResolved(alert));
    if (alerts.length === 0) return { kind: 'go-on', passage };
    metrics.notifications.add(1, kind);
    const startedMs = clock.nowMs();
    const outcome = await deliver(
      integration,
      { ...notification, alerts },
      {
        ...{ clock, random, signal },
        onStart: () => {
          metrics.inFlight.count++;
          metrics.attempts.add(1, kind);
        },
        onEnd: (attempt) => {
          metrics.inFlight.count--;
          if (attempt.kind !== 'delivered') metrics.attemptFailures.add(1, kind);
        },
      },
    );
    const resolved = alerts.filter(isResolved).length;
    const record = {
      ...{ tenant: notification.tenant, receiver: notification.receiver },
      ...{ integration: integrationName, groupKey: notification.groupKey },
      ...{ atMs: clock.nowMs(), firing: alerts.length - resolved, resolved },
      ...{ why: passage.reason ?? '', attempts: outcome.attempts },
    };
    if (outcome.kind === 'failed') {
      metrics.notificationFailures.add(1, kind);
      history.add({ ...record, outcome: 'failed', error: outcome.reason });
      return { kind: 'failed', reason: outcome.reason };
    }
    metrics.deliverySeconds.observe((clock.nowMs() - startedMs) / 1000, kind);
    history.add({ ...record, outcome: kind === 'none' ? 'recorded' : 'delivered', error: '' });
    return { kind: 'go-on', passage };
  };
}

/** N18 */
function writeDown({ log, clock }: StageParts): Stage {
  return async (passage) => {
    const notice = { ...fingerprints(passage), atMs: clock.nowMs() };
    await log.record(placeOf(passage), notice, passage.repeatIntervalMs);
    return { kind: 'go-on', passage };
  };
}

function fingerprints({ notification }: Passage): { firing: string[]; resolved: string[] } {
  const firing: string[] = [];
  const resolved: string[] = [];
  for (const alert of notification.alerts) {
    (isResolved(alert) ? resolved : firing).push(alert.fingerprint);
  }
  return { firing, resolved };
}

function placeOf({ notification, integrationName }: Passage) {
  const { tenant, receiver, groupKey } = notification;
  return { tenant, receiver, groupKey, integration: integrationName };
}
