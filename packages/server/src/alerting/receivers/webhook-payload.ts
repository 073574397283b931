/**
 * The body of a webhook: Alertmanager's, version 4, key by key.
 *
 * Format: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
import { type Labels, labelsToRecord } from '@mon/storage/model/labels';
import type { Notification } from '../integration.ts';
import { isResolved, type ManagedAlert } from '../managed-alert.ts';
import { formatRfc3339 } from '../template/go-time.ts';

export interface WebhookPayload {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly WebhookAlert[];
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  readonly version: '4';
  readonly groupKey: string;
  readonly truncatedAlerts: number;
}

export interface WebhookAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  /** The year 1 while it fires. */
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** @param alertsMax more than these are left out and counted; 0 for all */
export function webhookPayload(notification: Notification, alertsMax: number): WebhookPayload {
  const { alerts, receiver, groupLabels, groupKey, externalUrl } = notification;
  const shown = alertsMax > 0 ? alerts.slice(0, alertsMax) : alerts;
  return {
    receiver,
    status: statusOf(alerts),
    alerts: shown.map(alertJson),
    groupLabels: labelsToRecord(groupLabels),
    commonLabels: commonOf(alerts.map(({ labels }) => labelsToRecord(labels))),
    commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    version: '4',
    groupKey,
    truncatedAlerts: alerts.length - shown.length,
  };
}

/** A group fires as long as one of its alerts does. */
export function statusOf(alerts: readonly ManagedAlert[]): 'firing' | 'resolved' {
  return alerts.every(isResolved) ? 'resolved' : 'firing';
}

function alertJson(alert: ManagedAlert): WebhookAlert {
  const { labels, annotations, startsAtMs, endsAtMs, generatorUrl, fingerprint } = alert;
  return {
    status: isResolved(alert) ? 'resolved' : 'firing',
    labels: labelsToRecord(labels satisfies Labels),
    annotations,
    startsAt: formatRfc3339(startsAtMs),
    endsAt: endsAtMs === undefined ? '0001-01-01T00:00:00Z' : formatRfc3339(endsAtMs),
    generatorURL: generatorUrl,
    fingerprint,
  };
}

/** The pairs that all records have. */
export function commonOf(
  records: readonly Readonly<Record<string, string>>[],
): Record<string, string> {
  const [first = {}, ...rest] = records;
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) => rest.every((record) => record[key] === value)),
  );
}
