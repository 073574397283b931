/**
 * Reading request parameters as Prometheus reads them: times, durations, limits, each error with
 * the parameter's name.
 *
 * Source: prometheus/prometheus web/api/v1/api.go (parseTime, parseDuration, parseLimitParam).
 */
import { durationMs, formatDurationMs } from '@mon/storage/model/duration';
import { MonError } from '@mon/storage/model/error';

/** Times outside are cut off: what a Date can hold, which is far more than Prometheus keeps. */
const TIME_MAX_MS = 8.64e15;

/** What clients send for "since ever" and "for ever" (Go's least and greatest time). */
const EXTREME_TIMES: Readonly<Record<string, number>> = {
  '-292273086-05-16T16:47:06Z': -TIME_MAX_MS,
  '292277025-08-18T07:12:54.999999999Z': TIME_MAX_MS,
};

/** RFC 3339 with any number of decimals. */
const RFC3339 = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

export function badParameter(name: string, why: string, mend: string): MonError {
  return new MonError({
    code: 'bad-parameter',
    what: `invalid parameter ${JSON.stringify(name)}`,
    why,
    mend,
  });
}

export function missingParameter(name: string, mend: string): MonError {
  return badParameter(name, 'it is missing', mend);
}

/** Milliseconds since the epoch of a parameter's text. @throws MonError `bad-parameter` */
export function parseTimeMs(name: string, text: string): number {
  const seconds = decimal(text);
  if (seconds !== undefined) return clampTime(Math.round(seconds * 1000));
  const extreme = EXTREME_TIMES[text];
  if (extreme !== undefined) return extreme;
  const match = RFC3339.exec(text);
  const wholeMs = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`.toUpperCase());
  if (!Number.isNaN(wholeMs)) {
    return wholeMs + Math.floor(Number(`0.${match?.[2] ?? '0'}`) * 1000 + 1e-6);
  }
  throw badParameter(
    name,
    `cannot parse ${quoted(text)} to a valid timestamp`,
    'Give seconds since the epoch or a time such as 2025-01-02T15:04:05Z.',
  );
}

/** ISO 8601 without a zone, which is UTC then; the time of day may be missing. */
const ZONELESS = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;

/** The same of a JSON value: ISO 8601, epoch seconds, or from 1e11 on milliseconds. */
export function parseJsonTimeMs(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return epochMs(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  const number = decimal(text);
  if (number !== undefined) return epochMs(number);
  const timeMs = ZONELESS.test(text)
    ? Date.parse(text.length > 10 ? `${text}Z` : text)
    : Number.NaN;
  return Number.isNaN(timeMs) ? parseTimeMs(name, text) : timeMs;
}

/** A number is seconds below 1e11 (fractions allowed), else milliseconds. */
export function epochMs(value: number): number {
  return clampTime(Math.round(Math.abs(value) < 1e11 ? value * 1000 : value));
}

/** Milliseconds of a duration: float seconds or Prometheus's form. @throws MonError `bad-parameter` */
export function parseSpanMs(name: string, text: string): number {
  const seconds = decimal(text);
  const negative = text.startsWith('-');
  const ms =
    seconds === undefined
      ? durationMs(negative ? text.slice(1) : text)
      : Math.round(seconds * 1000);
  if (ms === undefined || !Number.isSafeInteger(ms)) {
    throw badParameter(
      name,
      `cannot parse ${quoted(text)} to a valid duration`,
      'Give seconds or a duration such as 30s, 5m, 1h30m.',
    );
  }
  return negative && seconds === undefined ? -ms : ms;
}

/** `limit`: 0 or missing means all. @throws MonError `bad-parameter` */
export function limitParameter(parameters: URLSearchParams, name = 'limit'): number {
  const text = parameters.get(name);
  if (text === null || text === '') return 0;
  const limit = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(limit)) return limit;
  throw badParameter(name, `${quoted(text)} is no whole number from 0 on`, 'Give a count, or 0.');
}

export interface StepQuestion {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Checks the grid of a range query. @throws MonError `bad-parameter` */
export function checkSteps({ startMs, endMs, stepMs }: StepQuestion, stepsMax: number): void {
  if (endMs < startMs) {
    throw badParameter('end', 'end timestamp must not be before start time', 'Swap start and end.');
  }
  if (stepMs <= 0) {
    throw badParameter(
      'step',
      'zero or negative query resolution step widths are not accepted',
      'Give a step of at least one millisecond, such as 15s.',
    );
  }
  if ((endMs - startMs) / stepMs <= stepsMax) return;
  const enough = Math.ceil((endMs - startMs) / stepsMax / 1000) * 1000;
  throw badParameter(
    'step',
    `exceeded maximum resolution of ${stepsMax} points per timeseries`,
    `Take a step of ${formatDurationMs(enough)} or more, or a shorter range.`,
  );
}

function decimal(text: string): number | undefined {
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  return isNumber && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

function clampTime(timeMs: number): number {
  return Math.max(-TIME_MAX_MS, Math.min(TIME_MAX_MS, timeMs));
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
