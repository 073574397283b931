/**
 * Delivers one notification through one integration: attempts with backoff until it is taken,
 * refused for good, or its time is over.
 */
import type { Clock } from '@mon/storage/model/clock';
import { backoffMs } from './backoff.ts';
import type { Attempt, Integration, Notification } from './integration.ts';

export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly attempts: number }
  | { readonly kind: 'failed'; readonly attempts: number; readonly reason: string };

export interface DeliverySurroundings {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onStart: () => void;
  /** After every attempt that was started, cut off ones included. */
  readonly onEnd: (attempt: Attempt) => void;
}

/**
 * @param signal the time is over: at the next flush of the group it is tried again
 */
export async function deliver(
  integration: Integration,
  notification: Notification,
  surroundings: DeliverySurroundings & { readonly signal: AbortSignal },
): Promise<DeliveryOutcome> {
  const { clock, random, onStart, onEnd, signal } = surroundings;
  let reason = 'no attempt was made in time';
  let attempts = 0;
  while (!signal.aborted) {
    onStart();
    const attempt = await integration.attempt(notification, signal);
    onEnd(attempt);
    attempts++;
    // An attempt that was cut off says nothing about the receiver.
    if (signal.aborted && attempt.kind !== 'delivered') break;
    if (attempt.kind === 'delivered') return { kind: 'delivered', attempts };
    reason = attempt.reason;
    if (attempt.kind === 'refused') return { kind: 'failed', attempts, reason };
    await pause(Math.max(backoffMs(attempts, random()), attempt.retryAfterMs ?? 0), clock, signal);
  }
  return { kind: 'failed', attempts, reason };
}

/** Waits, or until the signal. */
function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
