/**
 * `/api/v1/alerts/notifications`: who was told what, and how that ended.
 *
 * Format: docs/http-api.md.
 */
import type { JsonNotification } from '../api/rule-responses.ts';
import { type Route, success } from '../http/route.ts';
import type { Alerting } from './alerting-runtime.ts';
import type { NotificationRecord } from './notification-history.ts';
import { formatRfc3339 } from './template/go-time.ts';

export function notificationRoutes(alerting: Alerting): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/alerts/notifications',
      handle: ({ tenant }) =>
        success({ notifications: alerting.history.list(tenant).map(notificationJson) }),
    },
  ];
}

function notificationJson(record: NotificationRecord): JsonNotification {
  const { atMs, receiver, integration, groupKey, firing, resolved, why, outcome } = record;
  return {
    time: formatRfc3339(atMs),
    ...{ receiver, integration, group: groupKey, firing, resolved, reason: why, outcome },
    attempts: record.attempts,
    error: record.error,
  };
}
