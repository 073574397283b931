/**
 * A native histogram as Prometheus writes it in JSON: count, sum and the buckets that hold
 * something, each with a rule that says which of its bounds belong to it.
 *
 * Source: prometheus/prometheus util/jsonutil/marshal.go (MarshalHistogram).
 */
import type { NativeHistogram } from '@mon/storage/model/histogram';
import { bucketsOf, type HistogramBucket } from '@mon/storage/model/histogram-buckets';
import { valueText } from './number-text.ts';

/** `{"count":"10","sum":"16.5","buckets":[[0,"1","1.09","3"]]}`; no buckets where all are empty. */
export function histogramJson(histogram: NativeHistogram): string {
  const { count, sum } = histogram;
  let buckets = '';
  for (const bucket of bucketsOf(histogram)) {
    if (bucket.count === 0) continue;
    const { lower, upper } = bucket;
    const texts = [lower, upper, bucket.count].map((n) => `"${valueText(n)}"`).join(',');
    buckets += `${buckets === '' ? '' : ','}[${boundaryRule(bucket)},${texts}]`;
  }
  const list = buckets === '' ? '' : `,"buckets":[${buckets}]`;
  return `{"count":"${valueText(count)}","sum":"${valueText(sum)}"${list}}`;
}

/** 0: open left; 1: open right; 2: open both; 3: closed both. */
function boundaryRule({ lowerInclusive, upperInclusive }: HistogramBucket): number {
  if (lowerInclusive) return upperInclusive ? 3 : 1;
  return upperInclusive ? 0 : 2;
}
