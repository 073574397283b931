/**
 * The contract of functions over range vectors: all steps of one series in one call.
 *
 * The window of a step holds the samples in (end - range, end], left-open as in Prometheus 3.
 * Functions read the columns, never write them, and keep nothing between calls but in `derived`. A
 * step whose window is empty has no value, whatever the function.
 */
import type { ReachTable } from './reach-table.ts';

/** One series with the windows of all steps, and the function's other arguments. */
export interface RangeWindows {
  /** [n] ascending, ms; staleness markers already removed */
  readonly timestampsMs: Float64Array;
  /** [n] */
  readonly values: Float64Array;
  /** [2*steps] half-open index pairs into the columns: window s is [2s], [2s+1] */
  readonly windows: Uint32Array;
  /** [steps] the end of each window: the time of evaluation less the offset, or the time of `@` */
  readonly windowEndMs: Float64Array;
  readonly steps: number;
  readonly rangeMs: number;
  /** The scalar arguments in the order they are written, each [steps]; most functions have none. */
  readonly args: readonly Float64Array[];
  /** [steps] times of evaluation, without offset and `@`: what predict_linear counts from */
  readonly stepTimesMs: Float64Array;
  /** What functions derive from `windows` and times alone, shared by all series that share those. */
  readonly derived: DerivedTables;
  /** Says something about the result; may be told the same more than once. */
  readonly note: (note: RangeNote) => void;
}

/** Empty at first; filled by the one function that looks at these windows. */
export interface DerivedTables {
  reach?: ReachTable;
}

/** What range functions have to say; the engine turns it into an annotation with name and place. */
export type RangeNote =
  /** `rate` or `increase` gave a value: worth a remark unless `isCounterName` (remark-texts.ts). */
  | { readonly kind: 'counter-expected' }
  | { readonly kind: 'bad-quantile'; readonly quantile: number }
  | { readonly kind: 'bad-integral-strategy'; readonly strategy: number };

/**
 * Evaluates a function for every step of one series.
 *
 * @param out      [steps] written where there is a value
 * @param presence [steps] set to 1 where there is a value, otherwise left as it is (0)
 * @throws MonError `query-failed` where an argument makes the whole query meaningless
 */
export type RangeFunction = (window: RangeWindows, out: Float64Array, presence: Uint8Array) => void;

/** One window as the half-open index pair [from, to), never empty. */
export type WindowReducer = (values: Float64Array, from: number, to: number) => number;

/** The range function that gives `reduce` of each window that has at least `samplesMin` samples. */
export function perWindow(reduce: WindowReducer, samplesMin = 1): RangeFunction {
  return ({ values, windows, steps }, out, presence) => {
    for (let step = 0; step < steps; step++) {
      const from = windows[2 * step] as number;
      const to = windows[2 * step + 1] as number;
      if (to - from < samplesMin) continue;
      out[step] = reduce(values, from, to);
      presence[step] = 1;
    }
  };
}
