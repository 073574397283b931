/**
 * What the alert manager says of itself under /metrics.
 */
import type { Counter, Histogram, MetricRegistry } from '../metrics/registry.ts';

export interface AlertingMetrics {
  readonly notifications: Counter;
  readonly notificationFailures: Counter;
  readonly attempts: Counter;
  readonly attemptFailures: Counter;
  readonly deliverySeconds: Histogram;
  readonly stateWriteFailures: Counter;
  readonly alertsRefused: Counter;
  /** Attempts under way. */
  readonly inFlight: { count: number };
}

export interface AlertingGauges {
  readonly groups: () => number;
  readonly alerts: () => number;
}

export function alertingMetrics(registry: MetricRegistry, gauges: AlertingGauges): AlertingMetrics {
  registry.gauge(
    { name: 'mon_alerting_groups', help: 'Aggregation groups of alerts.' },
    gauges.groups,
  );
  registry.gauge(
    {
      name: 'mon_alerting_alerts',
      help: 'Alerts the alert manager keeps, resolved ones included.',
    },
    gauges.alerts,
  );
  const inFlight = { count: 0 };
  registry.gauge(
    {
      name: 'mon_notification_attempts_in_flight',
      help: 'Attempts to deliver notifications that are under way.',
    },
    () => inFlight.count,
  );
  const labels = ['integration'];
  return {
    inFlight,
    notifications: registry.counter({
      name: 'mon_notifications_total',
      help: 'Notifications to be sent.',
      labels,
    }),
    notificationFailures: registry.counter({
      name: 'mon_notification_failures_total',
      help: 'Notifications that did not arrive in time or were refused.',
      labels,
    }),
    attempts: registry.counter({
      name: 'mon_notification_attempts_total',
      help: 'Attempts to deliver notifications.',
      labels,
    }),
    attemptFailures: registry.counter({
      name: 'mon_notification_attempt_failures_total',
      help: 'Attempts to deliver notifications that failed.',
      labels,
    }),
    deliverySeconds: registry.histogram({
      name: 'mon_notification_delivery_seconds',
      help: 'Time from deciding on a notification to its delivery.',
      labels,
    }),
    alertsRefused: registry.counter({
      name: 'mon_alerting_alerts_refused_total',
      help: 'Alerts nobody is told of, because there are too many.',
    }),
    stateWriteFailures: registry.counter({
      name: 'mon_alerting_state_write_failures_total',
      help: 'Failed attempts to store alerts and notifications; they are tried again.',
    }),
  };
}
