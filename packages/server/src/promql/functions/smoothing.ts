/**
 * Double exponential smoothing (Holt and Winters without seasons): double_exponential_smoothing.
 *
 * Source: Prometheus promql/functions.go, funcDoubleExponentialSmoothing.
 */
import { MonError } from '@mon/storage/model/error';
import type { RangeFunction } from './range-function.ts';

/** @throws MonError `query-failed` where a factor is not between 0 and 1 */
export const doubleExponentialSmoothing: RangeFunction = (window, out, presence) => {
  const { values, windows, steps, args } = window;
  const [smoothing, trend] = args as readonly [Float64Array, Float64Array];
  for (let step = 0; step < steps; step++) {
    const from = windows[2 * step] as number;
    const to = windows[2 * step + 1] as number;
    if (to === from) continue;
    const smoothingFactor = smoothing[step] as number;
    const trendFactor = trend[step] as number;
    checkFactor(smoothingFactor, 'smoothing factor. Expected: 0 < sf < 1');
    checkFactor(trendFactor, 'trend factor. Expected: 0 < tf < 1');
    if (to - from < 2) continue;
    out[step] = smooth(values.subarray(from, to), { smoothingFactor, trendFactor });
    presence[step] = 1;
  }
};

function smooth(
  values: Float64Array,
  factors: { readonly smoothingFactor: number; readonly trendFactor: number },
): number {
  const { smoothingFactor, trendFactor } = factors;
  let before = 0;
  let level = values[0] as number;
  let slope = (values[1] as number) - level;
  for (let i = 1; i < values.length; i++) {
    if (i > 1) slope = trendFactor * (level - before) + (1 - trendFactor) * slope;
    const next = smoothingFactor * (values[i] as number) + (1 - smoothingFactor) * (level + slope);
    before = level;
    level = next;
  }
  return level;
}

function checkFactor(factor: number, what: string): void {
  // NaN passes, as it does in Prometheus.
  if (!(factor <= 0 || factor >= 1)) return;
  throw new MonError({
    code: 'query-failed',
    what: 'Cannot evaluate double_exponential_smoothing',
    why: `invalid ${what}, got: ${factor.toFixed(6)}`,
    mend: 'Give both factors between 0 and 1, for instance 0.5.',
  });
}
