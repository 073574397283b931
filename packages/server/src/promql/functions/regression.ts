/**
 * A straight line through the samples of a window, by least squares: deriv, predict_linear.
 *
 * Source: Prometheus promql/functions.go, linearRegression.
 */
import { kahanAdd, kahanTotal } from './kahan.ts';
import type { RangeFunction, RangeWindows } from './range-function.ts';

/** The samples [from, to) of a window, and the time at which the line's height is wanted. */
interface LineWindow {
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
}

const sums = new Float64Array(8);
const [X, Y, XY, XX] = [0, 1, 2, 3] as const;

/** Slope per second, and height at `atMs`. */
function fitLine(
  { timestampsMs, values }: RangeWindows,
  { from, to, atMs }: LineWindow,
): { readonly slope: number; readonly height: number } {
  const first = values[from] as number;
  let isFlat = true;
  sums.fill(0);
  for (let i = from; i < to; i++) {
    const y = values[i] as number;
    if (y !== first && i > from) isFlat = false;
    const x = ((timestampsMs[i] as number) - atMs) / 1000;
    kahanAdd(sums, X, x);
    kahanAdd(sums, Y, y);
    kahanAdd(sums, XY, x * y);
    kahanAdd(sums, XX, x * x);
  }
  if (isFlat) {
    const isInfinite = Math.abs(first) === Number.POSITIVE_INFINITY;
    return isInfinite ? { slope: Number.NaN, height: Number.NaN } : { slope: 0, height: first };
  }
  const count = to - from;
  const [x, y] = [kahanTotal(sums, X), kahanTotal(sums, Y)];
  const covariance = kahanTotal(sums, XY) - (x * y) / count;
  const variance = kahanTotal(sums, XX) - (x * x) / count;
  const slope = covariance / variance;
  return { slope, height: y / count - (slope * x) / count };
}

/** Slope per second of the line through each window. */
export const deriv: RangeFunction = (window, out, presence) => {
  const { timestampsMs, windows, steps } = window;
  for (let step = 0; step < steps; step++) {
    const from = windows[2 * step] as number;
    const to = windows[2 * step + 1] as number;
    if (to - from < 2) continue;
    // Times near the samples' own keep the squares small and exact.
    out[step] = fitLine(window, { from, to, atMs: timestampsMs[from] as number }).slope;
    presence[step] = 1;
  }
};

/** Height of the line through each window, so many seconds after the time of evaluation. */
export const predictLinear: RangeFunction = (window, out, presence) => {
  const { windows, steps, args, stepTimesMs } = window;
  const aheadS = args[0] as Float64Array;
  for (let step = 0; step < steps; step++) {
    const from = windows[2 * step] as number;
    const to = windows[2 * step + 1] as number;
    if (to - from < 2) continue;
    const { slope, height } = fitLine(window, { from, to, atMs: stepTimesMs[step] as number });
    out[step] = slope * (aheadS[step] as number) + height;
    presence[step] = 1;
  }
};
