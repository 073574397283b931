/**
 * Quantiles of samples, interpolated between the two nearest ranks; median absolute deviation.
 *
 * NaN counts as smaller than everything. Source: Prometheus promql/quantile.go, quantile.
 */
import { perWindow, type RangeFunction } from './range-function.ts';

/**
 * The quantile of some values; NaN of none, -Inf and +Inf for a quantile below 0 and above 1.
 *
 * @param values sorted here, the caller owns it
 */
export function quantileOf(quantile: number, values: Float64Array): number {
  const count = values.length;
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  values.sort();
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  const nans = trailingNans(values);
  const low = rankedAt(values, lower, nans);
  return weight === 0 ? low : low * (1 - weight) + rankedAt(values, upper, nans) * weight;
}

/** Typed arrays sort NaN to the end; here it belongs to the front. */
function rankedAt(sorted: Float64Array, rank: number, nans: number): number {
  return rank < nans ? Number.NaN : (sorted[rank - nans] as number);
}

function trailingNans(sorted: Float64Array): number {
  let nans = 0;
  while (nans < sorted.length && Number.isNaN(sorted[sorted.length - 1 - nans])) nans++;
  return nans;
}

/** Whether a quantile is one, or worth a remark. */
export function isQuantile(quantile: number): boolean {
  return quantile >= 0 && quantile <= 1;
}

export const quantileOverTime: RangeFunction = (window, out, presence) => {
  const { values, windows, steps, args } = window;
  const quantiles = args[0] as Float64Array;
  let noted: number | undefined;
  for (let step = 0; step < steps; step++) {
    const from = windows[2 * step] as number;
    const to = windows[2 * step + 1] as number;
    if (to === from) continue;
    const quantile = quantiles[step] as number;
    if (!isQuantile(quantile) && !Object.is(noted, quantile)) {
      window.note({ kind: 'bad-quantile', quantile });
      noted = quantile;
    }
    out[step] = quantileOf(quantile, values.slice(from, to));
    presence[step] = 1;
  }
};

/** The median of distances from the median; NaN where any sample is. */
export const madOverTime = perWindow((values, from, to) => {
  const sorted = values.slice(from, to);
  const median = quantileOf(0.5, sorted);
  if (trailingNans(sorted) > 0) return Number.NaN;
  for (let i = 0; i < sorted.length; i++) {
    sorted[i] = Math.abs((sorted[i] as number) - median);
  }
  return quantileOf(0.5, sorted);
});
