/**
 * Receivers that send nothing: one that only records, and one that is not configured.
 */
import type { Integration, Receiver } from '../integration.ts';

/** The receiver of a server without alerting configuration. */
export const DEFAULT_RECEIVER = 'default';

/** Takes everything; the notification stands in the history. */
export function recorder(): Integration {
  return {
    kind: 'none',
    sendsResolved: true,
    attempt: async () => ({ kind: 'delivered' }),
    close: async () => {},
  };
}

/** Refuses everything, so that notifications for it count as failed. */
export function unknownReceiver(name: string): Receiver {
  const reason = `the receiver ${JSON.stringify(name)} is not configured`;
  return {
    name,
    integrations: [
      {
        kind: 'not-configured',
        sendsResolved: true,
        attempt: async () => ({ kind: 'refused', reason }),
        close: async () => {},
      },
    ],
  };
}
