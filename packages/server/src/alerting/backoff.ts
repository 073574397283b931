/**
 * How long to wait before the next attempt: doubling from half a second to a minute, with jitter,
 * so that many who failed together do not come back together.
 */

export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MAX_MS = 60_000;
/** An hour of Retry-After is as much as anybody gets. */
export const RETRY_AFTER_MAX_MS = 3600 * 1000;

/**
 * @param attempt attempts that failed so far, from 1
 * @param random in [0, 1)
 */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (attempt - 1));
  return full * (0.5 + random);
}

/** Milliseconds of a Retry-After header: seconds or a date; undefined where it says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  if (!Number.isFinite(ms)) return undefined;
  return Math.max(0, Math.min(ms, RETRY_AFTER_MAX_MS));
}
