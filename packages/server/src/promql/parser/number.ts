/**
 * Numbers and durations as PromQL writes them; either stands where the other is wanted.
 *
 * A duration as a number counts seconds, a number as a duration is seconds.
 */
import { durationMs } from '@mon/storage/model/duration';
import type { NumberLiteral } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { quote } from './quote.ts';
import type { Token } from './token.ts';

/** About 292 years: what Prometheus holds in 64 bits of nanoseconds. */
export const DURATION_SECONDS_MAX = 2 ** 63 / 1e9;

/** Reads a number or duration token. */
export function readNumber(cursor: Cursor, token: Token): NumberLiteral {
  const { text, start, end } = token;
  const span = { start, end };
  if (token.kind === 'duration') {
    const ms = durationMs(text);
    if (ms === undefined) cursor.fail(span, `not a valid duration string: ${quote(text)}`);
    if (ms / 1000 > DURATION_SECONDS_MAX) cursor.fail(span, 'duration out of range');
    return { kind: 'number', value: ms / 1000, isDuration: true, span };
  }
  const value = numberOf(text);
  if (value === undefined) {
    cursor.fail(span, `error parsing number: ${quote(text)} is out of range`);
  }
  return { kind: 'number', value, isDuration: false, span };
}

/** The value of a number token, or undefined where a float cannot hold it. */
function numberOf(text: string): number | undefined {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (plain === 'inf') return Number.POSITIVE_INFINITY;
  if (plain === 'nan') return Number.NaN;
  const value = /^0[0-7]+$/.test(plain) ? Number.parseInt(plain, 8) : Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

/** Whole milliseconds of a duration in seconds, cut as Prometheus cuts them. */
export function secondsToMs(seconds: number): number {
  // Nanoseconds first: 0.29 s is 289.99999999999997 ms in floating point.
  return Math.trunc(Math.round(seconds * 1e9) / 1e6) + 0;
}
