/**
 * The receiver `webhook`: posts Alertmanager's payload.
 */
import type { Secret } from '@mon/storage/settings/scalars';
import type { Integration } from '../integration.ts';
import { HttpPoster, type HttpSettings } from './http-post.ts';
import { webhookPayload } from './webhook-payload.ts';

/** A webhook that has no timeout of its own. */
export const WEBHOOK_TIMEOUT_MS = 10_000;

export interface WebhookSettings {
  readonly url: Secret;
  readonly sendsResolved: boolean;
  /** 0 for all. */
  readonly alertsMax: number;
  readonly timeoutMs: number;
  readonly http: HttpSettings;
}

export function webhookIntegration(settings: WebhookSettings): Integration {
  const poster = new HttpPoster(settings.http);
  const { url, sendsResolved, alertsMax, timeoutMs } = settings;
  return {
    kind: 'webhook',
    sendsResolved,
    attempt(notification, signal) {
      const body = webhookPayload(notification, alertsMax);
      return poster.post({ url, body, timeoutMs, nowMs: notification.nowMs, signal });
    },
    close: () => poster.close(),
  };
}
