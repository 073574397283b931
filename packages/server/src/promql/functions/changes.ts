/**
 * How often the value changed, or a counter was reset, within a window: changes, resets.
 */
import type { RangeFunction } from './range-function.ts';

/** One NaN after another is no change. */
export const changes = countPairs(
  (before, value) => value !== before && !(Number.isNaN(value) && Number.isNaN(before)),
);

export const resets = countPairs((before, value) => value < before);

/** Counts the neighbouring samples of a window that pass; counted once per series, not per step. */
function countPairs(passes: (before: number, value: number) => boolean): RangeFunction {
  return ({ values, windows, steps }, out, presence) => {
    // [i] how many pairs up to sample i passed
    const passed = new Uint32Array(values.length);
    for (let i = 1; i < values.length; i++) {
      const counts = passes(values[i - 1] as number, values[i] as number);
      passed[i] = (passed[i - 1] as number) + (counts ? 1 : 0);
    }
    for (let step = 0; step < steps; step++) {
      const from = windows[2 * step] as number;
      const to = windows[2 * step + 1] as number;
      if (to === from) continue;
      out[step] = (passed[to - 1] as number) - (passed[from] as number);
      presence[step] = 1;
    }
  };
}
