/**
 * Points in time as flags take them: `now`, `now-1h`, seconds since the epoch, or ISO 8601.
 */
import { durationMs } from '@mon/storage/model/duration';
import { MonError } from '@mon/storage/model/error';
import { Flags } from '@oclif/core';

/** Later than any date of JavaScript; a number beyond is a mistake. */
const TIME_MAX_MS = 8.64e15;

/**
 * Milliseconds since the epoch. ISO 8601 without a zone is local time.
 *
 * @throws MonError `bad-time`
 */
export function parseMoment(text: string, nowMs: number): number {
  const relative = /^now(?:([+-])(.+))?$/.exec(text);
  const ms = relative === null ? absoluteMs(text) : relativeMs(relative, nowMs);
  if (ms !== undefined && Math.abs(ms) <= TIME_MAX_MS) return ms;
  throw new MonError({
    code: 'bad-time',
    what: `Cannot read ${JSON.stringify(text)} as a time`,
    why: 'it is neither now, now-DURATION, seconds since the epoch, nor ISO 8601',
    mend: 'Write it like now-1h, 1767225600 or 2026-01-01T00:00:00Z.',
  });
}

function relativeMs(match: RegExpExecArray, nowMs: number): number | undefined {
  const [, sign, duration] = match;
  if (duration === undefined) return nowMs;
  const ms = durationMs(duration);
  return ms === undefined ? undefined : nowMs + (sign === '-' ? -ms : ms);
}

function absoluteMs(text: string): number | undefined {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // JavaScript takes a date alone as UTC; here it is local, like a date with a time.
  const whole = text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T');
  const ms = Date.parse(whole);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A flag that takes a point in time; it is read against the clock when the command runs. */
export const momentFlag = Flags.custom<string>({ helpValue: 'TIME' });
