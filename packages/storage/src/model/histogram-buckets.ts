/**
 * The buckets of a native histogram with their bounds, as people and queries see them.
 *
 * Source: prometheus/prometheus model/histogram/generic.go (getBoundExponential, Bucket).
 */
import { CUSTOM_SCHEMA, type NativeHistogram, SCHEMA_MAX } from './histogram.ts';

export interface HistogramBucket {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
}

/** The upper bound of bucket `index` of an exponential schema. */
export function exponentialBound(index: number, schema: number): number {
  if (schema <= 0) {
    const exponent = index * 2 ** -schema;
    // Beyond the largest double the last bucket ends at that double, as in Prometheus.
    return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent;
  }
  const perPower = 2 ** schema;
  const fraction = ((index % perPower) + perPower) % perPower;
  const power = (index - fraction) / perPower;
  if (fraction === 0 && power === 1024) return Number.MAX_VALUE;
  rootsOfTwo ??= makeRootsOfTwo();
  return (rootsOfTwo[fraction << (SCHEMA_MAX - schema)] as number) * 2 ** power;
}

const FIXED_BITS = 160n;
/** 2^(i / 256), rounded right: a power of floats would be off in the last digit. */
let rootsOfTwo: Float64Array | undefined;

function makeRootsOfTwo(): Float64Array {
  const roots = new Float64Array(2 ** SCHEMA_MAX);
  let step = 2n << FIXED_BITS;
  for (let i = 0; i < SCHEMA_MAX; i++) step = squareRoot(step << FIXED_BITS);
  let root = 1n << FIXED_BITS;
  for (let i = 0; i < roots.length; i++) {
    roots[i] = Number(root) / 2 ** Number(FIXED_BITS);
    root = (root * step) >> FIXED_BITS;
  }
  return roots;
}

/** The whole part of a square root, by Newton's method. */
function squareRoot(n: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** All buckets by their bounds, ascending; those of no observations too. */
export function* bucketsOf(histogram: NativeHistogram): Generator<HistogramBucket> {
  const { zeroThreshold, zeroCount, schema } = histogram;
  const negative = [...sideOf(histogram.negativeSpans, histogram.negativeCounts)];
  for (const { index, count } of negative.reverse()) {
    yield {
      lower: -exponentialBound(index, schema),
      upper: -exponentialBound(index - 1, schema),
      lowerInclusive: true,
      upperInclusive: false,
      count,
    };
  }
  if (zeroCount > 0) {
    const [lower, upper] = [-zeroThreshold, zeroThreshold];
    yield { lower, upper, lowerInclusive: true, upperInclusive: true, count: zeroCount };
  }
  for (const { index, count } of sideOf(histogram.positiveSpans, histogram.positiveCounts)) {
    yield { ...positiveBounds(histogram, index), upperInclusive: true, count };
  }
}

function positiveBounds(
  { schema, customBounds }: NativeHistogram,
  index: number,
): Pick<HistogramBucket, 'lower' | 'upper' | 'lowerInclusive'> {
  if (schema !== CUSTOM_SCHEMA) {
    const [lower, upper] = [exponentialBound(index - 1, schema), exponentialBound(index, schema)];
    return { lower, upper, lowerInclusive: false };
  }
  const lower = index === 0 ? Number.NEGATIVE_INFINITY : (customBounds[index - 1] as number);
  const upper = customBounds[index] ?? Number.POSITIVE_INFINITY;
  return { lower, upper, lowerInclusive: index === 0 };
}

/** Index and count of each bucket of one side, ascending by index. */
function* sideOf(
  spans: Int32Array,
  counts: Float64Array,
): Generator<{ readonly index: number; readonly count: number }> {
  let index = 0;
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    index += spans[i] as number;
    for (let k = spans[i + 1] as number; k > 0; k--, index++, at++) {
      yield { index, count: counts[at] as number };
    }
  }
}
