/**
 * What an answer to a remote write means, as a pure function.
 *
 * Source: the Remote-Write 1.0 specification, "Retries & Backoff"; RFC 9110 for Retry-After.
 */

export type Delivery =
  | { readonly kind: 'accepted' }
  /** Try the same again; not before `afterMs` if the server named a time. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | undefined }
  /** The server will never take it. */
  | { readonly kind: 'refused'; readonly reason: string };

/** A server that asks for a longer pause than this is asked again after it all the same. */
export const RETRY_AFTER_MS_MAX = 10 * 60_000;
const REASON_LENGTH_MAX = 300;

export interface DeliveryAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

export function judgeAnswer({ status, retryAfter, body }: DeliveryAnswer, nowMs: number): Delivery {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  const said = body.trim().slice(0, REASON_LENGTH_MAX);
  const reason = `status ${status}${said === '' ? '' : `: ${said}`}`;
  const isRefusal = status >= 400 && status < 500 && status !== 429;
  if (isRefusal) return { kind: 'refused', reason };
  return { kind: 'retry', reason, afterMs: retryAfterMs(retryAfter, nowMs) };
}

/** Milliseconds of a Retry-After header, seconds or a date; undefined where it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX);
}

/**
 * How long to wait before try number `attempt` (from 1): doubling from the least to the most, with
 * jitter over the upper half, so that agents do not come back all at once.
 */
export function backoffMs(
  attempt: number,
  bounds: { readonly minMs: number; readonly maxMs: number },
  random: () => number,
): number {
  const whole = Math.min(bounds.minMs * 2 ** Math.min(attempt - 1, 30), bounds.maxMs);
  return Math.round(whole / 2 + (random() * whole) / 2);
}
