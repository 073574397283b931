/**
 * What remarks on functions say: Prometheus's words, without "PromQL info: " and the place.
 *
 * Source: Prometheus util/annotations/annotations.go.
 */
import { quote } from '../parser/quote.ts';

const COUNTER_SUFFIX = /(?:_total|_sum|_count|_bucket)$/;

/** Whether a metric is a counter by its name; one without a name may be. */
export function isCounterName(name: string): boolean {
  return name === '' || COUNTER_SUFFIX.test(name);
}

export function notACounterText(name: string): string {
  return `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${quote(name)}`;
}

export function badQuantileText(quantile: number): string {
  return `quantile value should be between 0 and 1, got ${formatG(quantile)}`;
}

export function badIntegralStrategyText(strategy: number): string {
  return `strategy should be 0, 1, or 2 (default), using 2, got ${formatG(strategy)}`;
}

export function badBucketText(metric: string, bucket: string): string {
  const text = `bucket label "le" is missing or has a malformed value of ${quote(bucket)}`;
  return withMetric(text, metric);
}

/** Where and how far the buckets of a histogram had to be made monotonic. */
export interface MonotonicityFix {
  readonly metric: string;
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDifference: number;
  readonly samples: number;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
}

export function forcedMonotonicityText(fix: MonotonicityFix): string {
  const text =
    'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';
  const buckets = `from buckets ${formatG(fix.minBucket)} to ${formatG(fix.maxBucket)}`;
  const difference = `with a max diff of ${formatG(fix.maxDifference, 2)}`;
  const times = `from ${formatSecond(fix.minTimeMs)} to ${formatSecond(fix.maxTimeMs)}`;
  const extent = `${buckets}, ${difference}, over ${fix.samples} samples ${times}`;
  return `${withMetric(text, fix.metric)}, ${extent}`;
}

function withMetric(text: string, metric: string): string {
  return metric === '' ? text : `${text} for metric name ${quote(metric)}`;
}

/** RFC 3339 in UTC, whole seconds. */
function formatSecond(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, -5)}Z`;
}

/** A number as C's and Go's `%g` write it; `digits` significant ones, or as many as it takes. */
export function formatG(value: number, digits?: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const scientific = digits === undefined ? value.toExponential() : value.toExponential(digits - 1);
  const [mantissa = '', power = ''] = scientific.split('e');
  const exponent = Number(power);
  const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  if (exponent < -4 || exponent >= (digits ?? 6)) {
    const sign = exponent < 0 ? '-' : '+';
    return `${trimmed}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return String(Number(scientific));
}
