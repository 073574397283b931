/**
 * Which times a range query asks for, from the flags that say so.
 */

import { stepForSpan } from '@mon/server/api/step-for-span';
import { formatDurationMs } from '@mon/storage/model/duration';
import { MonError } from '@mon/storage/model/error';
import { parseMoment } from './moment.ts';

export interface RangeFlags {
  readonly sinceMs?: number | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly stepMs?: number | undefined;
}

export interface RangeWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Prometheus's own bound; asking for more is refused before the server is. */
const STEPS_MAX = 11_000;

/**
 * The window, or undefined where no flag asks for a range. `--since` ends at a multiple of the
 * step, so that a watched chart moves by whole steps and the server's cache is of use.
 *
 * @throws MonError `bad-time`, `bad-range`
 */
export function rangeWindow(flags: RangeFlags, nowMs: number): RangeWindow | undefined {
  const { sinceMs, start, end } = flags;
  if (sinceMs === undefined && start === undefined) {
    if (end === undefined && flags.stepMs === undefined) return undefined;
    throw badRange('--step and --end go with --since or --start', 'Add --since 1h.');
  }
  const endMs = end === undefined ? nowMs : parseMoment(end, nowMs);
  const startMs = start === undefined ? endMs - (sinceMs ?? 0) : parseMoment(start, nowMs);
  if (endMs < startMs) {
    throw badRange('the end lies before the start', 'Exchange --start and --end.');
  }
  const stepMs = flags.stepMs ?? stepForSpan(endMs - startMs);
  if (stepMs <= 0) throw badRange('the step is zero', 'Choose a step of at least 1ms.');
  const steps = Math.floor((endMs - startMs) / stepMs) + 1;
  if (steps > STEPS_MAX) {
    throw badRange(
      `${steps} steps are more than ${STEPS_MAX}`,
      `Take a step of at least ${formatDurationMs(stepForSpan(endMs - startMs))}.`,
    );
  }
  if (end !== undefined || start !== undefined) return { startMs, endMs, stepMs };
  const aligned = Math.floor(endMs / stepMs) * stepMs;
  return { startMs: aligned - (endMs - startMs), endMs: aligned, stepMs };
}

function badRange(why: string, mend: string): MonError {
  return new MonError({ code: 'bad-range', what: 'Cannot ask for that range', why, mend });
}
