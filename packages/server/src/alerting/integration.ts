/**
 * One way in which a receiver is told: a webhook, a Slack channel. A receiver may have several.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';
import type { ManagedAlert } from './managed-alert.ts';

/** What a receiver is to be told: the state of one aggregation group. */
export interface Notification {
  readonly tenant: TenantId;
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** In Alertmanager's order; at least one. */
  readonly alerts: readonly ManagedAlert[];
  readonly externalUrl: string;
  readonly nowMs: number;
}

/** How one attempt ended. */
export type Attempt =
  | { readonly kind: 'delivered' }
  /** Trying again may help; not before `retryAfterMs` where the other side said so. */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Integration {
  /** `webhook`, `slack`. */
  readonly kind: string;
  readonly sendsResolved: boolean;
  /**
   * Tries once.
   *
   * @param signal ends the attempt; its outcome then no longer counts
   */
  readonly attempt: (notification: Notification, signal: AbortSignal) => Promise<Attempt>;
  /** Ends its connections. */
  readonly close: () => Promise<void>;
}

export interface Receiver {
  readonly name: string;
  /** Empty: notifications are recorded and go nowhere. */
  readonly integrations: readonly Integration[];
}
