/**
 * Quantiles of samples, interpolated between the two nearest ranks; median absolute deviation.
 *
 * NaN counts as smaller than everything. Source: Prometheus promql/quantile.go, quantile.
 */
import { perWindow, type RangeFunction } from './range-function.ts';

/** Up to so many values are sorted by insertion, which needs no call per comparison. */
const INSERTION_MAX = 48;

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
  sortNanFirst(values);
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  const low = values[lower] as number;
  return weight === 0 ? low : low * (1 - weight) + (values[upper] as number) * weight;
}

/** Ascending, NaN before everything. */
function sortNanFirst(values: Float64Array): void {
  if (values.length > INSERTION_MAX) {
    values.sort();
    moveNansToFront(values);
    return;
  }
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    let to = i;
    if (Number.isNaN(value)) while (to > 0) values[to] = values[--to] as number;
    else while (to > 0 && (values[to - 1] as number) > value) values[to] = values[--to] as number;
    values[to] = value;
  }
}

/** Typed arrays sort NaN to the end. */
function moveNansToFront(sorted: Float64Array): void {
  let numbers = sorted.length;
  while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) numbers--;
  if (numbers === sorted.length) return;
  const nans = sorted.length - numbers;
  sorted.copyWithin(nans, 0, numbers);
  sorted.fill(Number.NaN, 0, nans);
}

/** Samples of one window, to be sorted; grows with the largest. */
let scratch = new Float64Array(256);

function copyOf(values: Float64Array, from: number, to: number): Float64Array {
  const count = to - from;
  if (count > scratch.length) scratch = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) scratch[i] = values[from + i] as number;
  return scratch.subarray(0, count);
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
    out[step] = quantileOf(quantile, copyOf(values, from, to));
    presence[step] = 1;
  }
};

/** The median of distances from the median; NaN where any sample is. */
export const madOverTime = perWindow((values, from, to) => {
  const sorted = copyOf(values, from, to);
  const median = quantileOf(0.5, sorted);
  if (Number.isNaN(sorted[0])) return Number.NaN;
  for (let i = 0; i < sorted.length; i++) {
    sorted[i] = Math.abs((sorted[i] as number) - median);
  }
  return quantileOf(0.5, sorted);
});
