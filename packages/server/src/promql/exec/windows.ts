/**
 * Which samples of a timestamp column each step looks at. Computed once per distinct column and
 * shared by all series that have it.
 *
 * Windows and lookback are left-open: a sample exactly `rangeMs` old is outside.
 */

/** The moment each step looks at: startMs, startMs + stepMs, ...; stepMs 0 where `@` pins it. */
export interface ReferenceTimes {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

/**
 * For each step the last sample in (reference - lookbackMs, reference].
 *
 * @param timestampsMs [n] ascending
 * @returns [steps] index into the column, -1 where there is none
 */
export function latestSamples(
  timestampsMs: Float64Array,
  reference: ReferenceTimes,
  lookbackMs: number,
): Int32Array {
  const { startMs, stepMs, steps } = reference;
  const picks = new Int32Array(steps);
  const count = timestampsMs.length;
  let next = firstAfter(timestampsMs, startMs);
  for (let step = 0; step < steps; step++) {
    const atMs = startMs + step * stepMs;
    while (next < count && (timestampsMs[next] as number) <= atMs) next++;
    const last = next - 1;
    picks[step] = last >= 0 && (timestampsMs[last] as number) > atMs - lookbackMs ? last : -1;
  }
  return picks;
}

/**
 * For each step the samples in (reference - rangeMs, reference].
 *
 * @param timestampsMs [n] ascending
 * @returns [2*steps] half-open index pairs into the column
 */
export function sampleWindows(
  timestampsMs: Float64Array,
  reference: ReferenceTimes,
  rangeMs: number,
): Uint32Array {
  const { startMs, stepMs, steps } = reference;
  const windows = new Uint32Array(2 * steps);
  const count = timestampsMs.length;
  let from = firstAfter(timestampsMs, startMs - rangeMs);
  let to = firstAfter(timestampsMs, startMs);
  for (let step = 0; step < steps; step++) {
    const atMs = startMs + step * stepMs;
    const afterMs = atMs - rangeMs;
    while (to < count && (timestampsMs[to] as number) <= atMs) to++;
    while (from < to && (timestampsMs[from] as number) <= afterMs) from++;
    windows[2 * step] = from;
    windows[2 * step + 1] = to;
  }
  return windows;
}

/** Index of the first entry above `ms`, of an ascending column. */
function firstAfter(column: Float64Array, ms: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] as number) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
