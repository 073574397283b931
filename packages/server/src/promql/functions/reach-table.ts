/**
 * What rate, increase and delta need of the times of samples alone: how far the samples of a window
 * reach, and how far beyond them the series is taken to go on.
 *
 * Source: Prometheus promql/functions.go, extrapolatedRate.
 */

/** Samples this much further from an end than they are apart on average end or begin there. */
const EXTRAPOLATION_GAP = 1.1;

/** How far samples and extrapolation reach in each window that has two samples; [steps] each. */
export interface ReachTable {
  readonly sampledS: Float64Array;
  readonly toStartS: Float64Array;
  readonly toEndS: Float64Array;
  /** What a change over the samples is multiplied by, where no zero comes first. */
  readonly factors: Float64Array;
  /** The range in seconds where a rate is asked for, else 1. */
  readonly divisorS: number;
}

/** Times and windows as in `RangeWindows`. */
interface WindowTimes {
  readonly timestampsMs: Float64Array;
  readonly windows: Uint32Array;
  readonly windowEndMs: Float64Array;
  readonly steps: number;
  readonly rangeMs: number;
}

export function reachTable(times: WindowTimes, isPerSecond: boolean): ReachTable {
  const { timestampsMs, windows, windowEndMs, steps, rangeMs } = times;
  const table = {
    sampledS: new Float64Array(steps),
    toStartS: new Float64Array(steps),
    toEndS: new Float64Array(steps),
    factors: new Float64Array(steps),
    divisorS: isPerSecond ? rangeMs / 1000 : 1,
  };
  for (let step = 0; step < steps; step++) {
    const from = windows[2 * step] as number;
    const to = windows[2 * step + 1] as number;
    if (to - from < 2) continue;
    const firstMs = timestampsMs[from] as number;
    const lastMs = timestampsMs[to - 1] as number;
    const endMs = windowEndMs[step] as number;
    const sampledS = (lastMs - firstMs) / 1000;
    const spacingS = sampledS / (to - from - 1);
    const toStartS = reachS((firstMs - (endMs - rangeMs)) / 1000, spacingS);
    const toEndS = reachS((endMs - lastMs) / 1000, spacingS);
    table.sampledS[step] = sampledS;
    table.toStartS[step] = toStartS;
    table.toEndS[step] = toEndS;
    table.factors[step] = (sampledS + toStartS + toEndS) / sampledS / table.divisorS;
  }
  return table;
}

/** How far to extrapolate towards an end that is `distanceS` from the nearest sample. */
function reachS(distanceS: number, spacingS: number): number {
  return distanceS >= spacingS * EXTRAPOLATION_GAP ? spacingS / 2 : distanceS;
}
