/**
 * A native histogram: one sample that holds count, sum and buckets of a distribution.
 *
 * Buckets have the indexes that the spans say: the first span's offset is the index of its first
 * bucket, a later one's the gap after the span before. With an exponential schema s, positive
 * bucket i is (2^((i-1)/2^s), 2^(i/2^s)], negative ones mirror it; with custom bounds bucket i is
 * (bounds[i-1], bounds[i]], the first from -Infinity and the last to +Infinity.
 * Source: prometheus/prometheus model/histogram, prompb/types.proto.
 */

export const SCHEMA_MIN = -4;
export const SCHEMA_MAX = 8;
/** Buckets with bounds of their own ("NHCB"). */
export const CUSTOM_SCHEMA = -53;

/** Populated or not, buckets that one histogram may have. */
export const HISTOGRAM_BUCKETS_MAX = 4096;
/** Bucket indexes stay within this on both sides. */
export const BUCKET_INDEX_ABS_MAX = 2 ** 30;
/** Counts of integer histograms are exact up to here. */
export const HISTOGRAM_COUNT_MAX = Number.MAX_SAFE_INTEGER;

/** Whether the counter began anew before this sample; by its number in the protobuf. */
export const RESET_HINTS = ['unknown', 'reset', 'not-reset', 'gauge'] as const;
export type ResetHint = (typeof RESET_HINTS)[number];

export interface NativeHistogram {
  /** Integer counts come from instrumented programs, float counts from evaluations. */
  readonly kind: 'integer' | 'float';
  /** -4 to 8, or CUSTOM_SCHEMA. */
  readonly schema: number;
  readonly resetHint: ResetHint;
  /** Whether this is a staleness marker: its sum has the marker's bits, and nothing else counts. */
  readonly isStale: boolean;
  readonly count: number;
  /** NaN where it is stale, and where a NaN was observed. */
  readonly sum: number;
  /** The zero bucket is [-zeroThreshold, zeroThreshold]. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  /** [2 spans] offset, length, offset, length, ... */
  readonly positiveSpans: Int32Array;
  /** Counts of the positive buckets, absolute, in the order of the spans. */
  readonly positiveCounts: Float64Array;
  readonly negativeSpans: Int32Array;
  readonly negativeCounts: Float64Array;
  /** Upper bounds, ascending, of CUSTOM_SCHEMA; the last bucket, to +Infinity, has none. */
  readonly customBounds: Float64Array;
  /** When counting began, ms, where the source says so. */
  readonly createdMs: number | undefined;
}

const NO_SPANS = new Int32Array(0);
const NO_NUMBERS = new Float64Array(0);

/** A histogram of nothing, to be filled in by `fields`. */
export function newHistogram(fields: Partial<NativeHistogram> = {}): NativeHistogram {
  return {
    kind: 'integer',
    schema: 0,
    resetHint: 'unknown',
    isStale: false,
    count: 0,
    sum: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positiveSpans: NO_SPANS,
    positiveCounts: NO_NUMBERS,
    negativeSpans: NO_SPANS,
    negativeCounts: NO_NUMBERS,
    customBounds: NO_NUMBERS,
    createdMs: undefined,
    ...fields,
  };
}

/** The staleness marker of a histogram series. */
export function staleHistogram(kind: NativeHistogram['kind'] = 'integer'): NativeHistogram {
  return newHistogram({ kind, isStale: true, sum: Number.NaN });
}

/** What is wrong with a histogram, by Prometheus's rules and mon's bounds; undefined where it is right. */
export function histogramFault(histogram: NativeHistogram): string | undefined {
  const { schema, isStale, positiveCounts, negativeCounts } = histogram;
  if (isStale) return undefined;
  const buckets = positiveCounts.length + negativeCounts.length;
  if (buckets > HISTOGRAM_BUCKETS_MAX) {
    return `it has ${buckets} buckets, at most ${HISTOGRAM_BUCKETS_MAX} are taken`;
  }
  if (Number.isNaN(histogram.zeroThreshold)) return 'its zero threshold is NaN';
  if (schema === CUSTOM_SCHEMA) return customFault(histogram) ?? countFault(histogram);
  if (!Number.isInteger(schema) || schema < SCHEMA_MIN || schema > SCHEMA_MAX) {
    return (
      `its schema is ${schema}, and only ${SCHEMA_MIN} to ${SCHEMA_MAX} and ` +
      `${CUSTOM_SCHEMA} (custom bounds) are known`
    );
  }
  if (histogram.customBounds.length > 0) {
    return `it has custom bounds, which schema ${schema} does not use`;
  }
  return (
    spansFault('positive', histogram.positiveSpans, positiveCounts.length) ??
    spansFault('negative', histogram.negativeSpans, negativeCounts.length) ??
    countFault(histogram)
  );
}

function customFault(histogram: NativeHistogram): string | undefined {
  const { customBounds, positiveSpans, positiveCounts } = histogram;
  if (customBounds.length > HISTOGRAM_BUCKETS_MAX) {
    return `it has ${customBounds.length} custom bounds, at most ${HISTOGRAM_BUCKETS_MAX} are taken`;
  }
  for (let i = 0; i < customBounds.length; i++) {
    const bound = customBounds[i] as number;
    if (Number.isNaN(bound)) return `custom bound ${i} is NaN`;
    if (i > 0 && bound <= (customBounds[i - 1] as number)) {
      return `custom bound ${i} (${bound}) is not above the one before it`;
    }
  }
  if (customBounds.at(-1) === Number.POSITIVE_INFINITY) {
    return 'its last custom bound is +Inf, which is understood';
  }
  const fault = spansFault('positive', positiveSpans, positiveCounts.length);
  if (fault !== undefined) return fault;
  const end = spansEnd(positiveSpans);
  if (positiveSpans.length > 0 && (positiveSpans[0] as number) < 0) {
    return 'its first span starts before its first custom bound';
  }
  if (end > customBounds.length + 1) {
    return `its spans reach bucket ${end}, but ${customBounds.length} custom bounds make one more`;
  }
  if (histogram.zeroCount !== 0) return 'it has a zero count, which custom bounds do not use';
  if (histogram.zeroThreshold !== 0) {
    return 'it has a zero threshold, which custom bounds do not use';
  }
  if (histogram.negativeSpans.length > 0 || histogram.negativeCounts.length > 0) {
    return 'it has negative buckets, which custom bounds do not use';
  }
  return undefined;
}

function spansFault(side: string, spans: Int32Array, buckets: number): string | undefined {
  let total = 0;
  let index = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const offset = spans[i] as number;
    const length = spans[i + 1] as number;
    if (i > 0 && offset < 0) return `${side} span ${i / 2} has the negative offset ${offset}`;
    if (length < 0) return `${side} span ${i / 2} has the length ${length >>> 0}`;
    index += offset + length;
    if (Math.abs(offset) > BUCKET_INDEX_ABS_MAX || index > BUCKET_INDEX_ABS_MAX) {
      return `${side} span ${i / 2} reaches beyond bucket ${BUCKET_INDEX_ABS_MAX}`;
    }
    total += length;
  }
  if (total === buckets) return undefined;
  return `its ${side} spans describe ${total} buckets, and it has ${buckets}`;
}

/** The index after the last bucket. */
function spansEnd(spans: Int32Array): number {
  return spans.reduce((sum, n) => sum + n, 0);
}

function countFault(histogram: NativeHistogram): string | undefined {
  const { kind, count, zeroCount, sum } = histogram;
  const sides = [
    ['positive', histogram.positiveCounts],
    ['negative', histogram.negativeCounts],
  ] as const;
  let total = zeroCount;
  for (const [side, counts] of sides) {
    const at = counts.findIndex((n) => n < 0);
    if (at >= 0) return `${side} bucket ${at} has the negative count ${counts[at]}`;
    total += counts.reduce((all, n) => all + n, 0);
  }
  if (zeroCount < 0) return `its zero bucket has the negative count ${zeroCount}`;
  if (count < 0) return `its count is ${count}`;
  // Sums of floats are not exact, so these are not compared.
  if (kind === 'float') return undefined;
  if (count > HISTOGRAM_COUNT_MAX || total > HISTOGRAM_COUNT_MAX) {
    return 'its counts are beyond 2^53, which are not exact any more';
  }
  // Observations of NaN are in the count and in no bucket.
  if (Number.isNaN(sum) ? total > count : total !== count) {
    return `its buckets hold ${total} observations, and its count is ${count}`;
  }
  return undefined;
}
