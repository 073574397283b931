/**
 * Buckets of a classic histogram at one moment: made monotonic, then asked for quantiles and
 * fractions.
 *
 * Counts are cumulative, bounds ascending and unique, the last one infinite; a histogram of which
 * that is not so has no answer (NaN). Source: Prometheus promql/quantile.go.
 */

export interface Buckets {
  /** [n] upper bounds */
  readonly bounds: Float64Array;
  /** [n] observations up to the bound */
  readonly counts: Float64Array;
}

/** What `makeMonotonic` had to change. */
export interface CountFix {
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDifference: number;
}

/** Counts this close to each other, relative to their sum, differ by rounding alone. */
const ROUNDING = 1e-12;
const SMALLEST_NORMAL = 2 ** -1022;

/**
 * The value below which so many of the observations lie, interpolated within its bucket.
 *
 * @param buckets after `makeMonotonic`
 */
export function bucketQuantile(quantile: number, { bounds, counts }: Buckets): number {
  if (Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  const last = bounds.length - 1;
  if (last < 1 || bounds[last] !== Number.POSITIVE_INFINITY) return Number.NaN;
  const observations = counts[last] as number;
  if (observations === 0) return Number.NaN;
  const rank = quantile * observations;
  const bucket = firstReaching(counts, rank);
  if (bucket === last) return bounds[last - 1] as number;
  const end = bounds[bucket] as number;
  if (bucket === 0) {
    // Nothing is known of where below a bound of zero or less the observations lie.
    return end <= 0 ? end : end * (rank / (counts[0] as number));
  }
  const start = bounds[bucket - 1] as number;
  const before = counts[bucket - 1] as number;
  return start + (end - start) * ((rank - before) / ((counts[bucket] as number) - before));
}

/** The first of all but the last bucket that reaches the rank, else the last. */
function firstReaching(counts: Float64Array, rank: number): number {
  let low = 0;
  let high = counts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((counts[middle] as number) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Which part of the observations lies between two values. */
export function bucketFraction(
  { bounds, counts }: Buckets,
  { lower, upper }: { readonly lower: number; readonly upper: number },
): number {
  const last = bounds.length - 1;
  if (last < 0 || bounds[last] !== Number.POSITIVE_INFINITY) return Number.NaN;
  const observations = counts[last] as number;
  if (observations === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const buckets = { bounds, counts };
  const upTo = (value: number) => Math.min(rankOf(buckets, value), observations);
  return (upTo(upper) - upTo(lower)) / observations;
}

/** How many observations lie below a value. */
function rankOf({ bounds, counts }: Buckets, value: number): number {
  let rank = 0;
  // Histograms of positive bounds begin at zero, others nowhere.
  let start = (bounds[0] as number) <= 0 ? Number.NEGATIVE_INFINITY : 0;
  for (let i = 0; i < bounds.length; i++) {
    const end = bounds[i] as number;
    const count = counts[i] as number;
    if (start >= value) return rank;
    if (end > value) {
      if (start === Number.NEGATIVE_INFINITY) return count;
      return rank + ((count - rank) * (value - start)) / (end - start);
    }
    rank = count;
    start = end;
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * Takes decreases out of cumulative counts, in place: each count is at least the one before.
 *
 * @returns what was changed beyond rounding, undefined where nothing was
 */
export function makeMonotonic({ bounds, counts }: Buckets): CountFix | undefined {
  let before = counts[0] as number;
  let fix: CountFix | undefined;
  for (let i = 1; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count === before) continue;
    if (differsByRounding(before, count)) {
      counts[i] = before;
    } else if (count < before) {
      counts[i] = before;
      const bound = bounds[i] as number;
      fix = {
        minBucket: Math.min(fix?.minBucket ?? bound, bound),
        maxBucket: Math.max(fix?.maxBucket ?? bound, bound),
        maxDifference: Math.max(fix?.maxDifference ?? 0, before - count),
      };
    } else {
      before = count;
    }
  }
  return fix;
}

function differsByRounding(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < ROUNDING * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < ROUNDING;
}
