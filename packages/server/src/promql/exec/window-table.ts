/**
 * The windows of one timestamp column, and how much work they are.
 */
import type { DerivedTables } from '../functions/range-function.ts';
import { type ReferenceTimes, sampleWindows } from './windows.ts';

/** Samples that a function may look at before the event loop gets a turn: a few milliseconds. */
export const SAMPLES_AT_ONCE = 1_000_000;

export interface WindowTable {
  /** [2*steps] half-open index pairs */
  readonly windows: Uint32Array;
  readonly derived: DerivedTables;
  /** Samples in all windows together, each as often as windows hold it. */
  readonly samples: number;
}

export function windowTable(
  timestampsMs: Float64Array,
  reference: ReferenceTimes,
  rangeMs: number,
): WindowTable {
  const windows = sampleWindows(timestampsMs, reference, rangeMs);
  let samples = 0;
  for (let i = 0; i < windows.length; i += 2) {
    samples += (windows[i + 1] as number) - (windows[i] as number);
  }
  return { windows, derived: {}, samples };
}

/** Cuts the steps of windows into parts of about `SAMPLES_AT_ONCE`, each of one step at least. */
export function* stepParts(
  windows: Uint32Array,
): Generator<{ readonly from: number; readonly to: number }> {
  const steps = windows.length / 2;
  let from = 0;
  let samples = 0;
  for (let step = 0; step < steps; step++) {
    samples += (windows[2 * step + 1] as number) - (windows[2 * step] as number);
    if (samples < SAMPLES_AT_ONCE && step < steps - 1) continue;
    yield { from, to: step + 1 };
    from = step + 1;
    samples = 0;
  }
}
