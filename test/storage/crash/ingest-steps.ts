/**
 * What the writers of the crash test append: step by step, values that follow from writer, series
 * and time, some samples late.
 */
import { NOW_MS, type SeriesEntry } from '../database-fixture.ts';

export const WRITERS = 4;
export const SERIES_PER_WRITER = 25;
const STEP_MS = 20;
/** A late sample comes so many steps after its time. */
const LATE_STEPS = 3;

export function timeOf(step: number): number {
  return NOW_MS - 86_400_000 + step * STEP_MS;
}

/** Between two steps' times, so that no other sample has it. */
export function lateTimeOf(step: number): number {
  return timeOf(step - LATE_STEPS) + 1;
}

export function valueAt(timestampMs: number, series: number): number {
  return (timestampMs % 1_000_000) * 100 + series;
}

export function seriesName(writer: number, series: number): string {
  return `crash{series="${series}", writer="${writer}"}`;
}

/** Every third series gets a late sample at each step. */
export function hasLate(series: number): boolean {
  return series % 3 === 0;
}

export function stepEntries(writer: number, step: number): SeriesEntry[] {
  return Array.from({ length: SERIES_PER_WRITER }, (_, series): SeriesEntry => {
    const labels = { __name__: 'crash', series: `${series}`, writer: `${writer}` };
    const times = hasLate(series) ? [timeOf(step), lateTimeOf(step)] : [timeOf(step)];
    return [labels, ...times.map((ms) => [ms, valueAt(ms, series)] as const)];
  });
}
