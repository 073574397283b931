/**
 * Floats and native histograms of one series that come from different parts: at each time there is
 * one sample, and where parts disagree on its kind it is the histogram.
 */
import { hasTime } from './histogram-run.ts';

export interface FloatColumns {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/** The columns without samples at `timesMs`, which ascend; the same arrays where there are none. */
export function withoutSamplesAt(columns: FloatColumns, timesMs: Float64Array): FloatColumns {
  const { timestampsMs, values } = columns;
  if (timesMs.length === 0 || timestampsMs.length === 0) return columns;
  const kept = Uint32Array.from(timestampsMs.keys()).filter(
    (i) => !hasTime(timesMs, timestampsMs[i] as number),
  );
  if (kept.length === timestampsMs.length) return columns;
  const left = {
    timestampsMs: new Float64Array(kept.length),
    values: new Float64Array(kept.length),
  };
  kept.forEach((from, to) => {
    left.timestampsMs[to] = timestampsMs[from] as number;
    // `set` keeps the bits of a staleness marker.
    left.values.set(values.subarray(from, from + 1), to);
  });
  return left;
}
