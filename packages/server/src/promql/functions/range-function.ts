/**
 * The contract of functions over range vectors: all steps of one series in one call.
 *
 * The window of a step holds the samples in (end - range, end], left-open as in Prometheus 3.
 * Functions read the columns, never write them, and keep nothing between calls.
 */

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
  /** Notes something about the query's result; called once per note and series at most. */
  readonly note: (note: RangeNote) => void;
}

/** Remarks of range functions; the engine turns each into an annotation with name and position. */
export type RangeNote =
  /** `rate` or `increase` over what does not look like a counter, by its name. */
  { readonly kind: 'not-a-counter' } | { readonly kind: 'bad-quantile'; readonly quantile: number };

/**
 * Evaluates a function for every step of one series.
 *
 * @param out      [steps] written where there is a value
 * @param presence [steps] set to 1 where there is a value, otherwise left as it is (0)
 */
export type RangeFunction = (window: RangeWindows, out: Float64Array, presence: Uint8Array) => void;
