/**
 * From a series' metric name to the family that its metadata is about: `x_bucket` of a histogram is
 * `x`. Source: prometheus/prometheus scrape and exposition formats.
 */
import type { MetricMetadata, MetricType } from '../model/metadata.ts';

const SUFFIXES: Partial<Record<MetricType, readonly string[]>> = {
  histogram: ['_bucket', '_count', '_sum'],
  gaugehistogram: ['_bucket', '_gcount', '_gsum'],
  summary: ['_count', '_sum'],
};
const ALL_SUFFIXES = ['_bucket', '_count', '_sum', '_gcount', '_gsum', '_total', '_created'];

/** The family of a metric whose type is known. */
export function familyName(metric: string, type: MetricType): string {
  const suffix = SUFFIXES[type]?.find((end) => metric.endsWith(end));
  return suffix === undefined ? metric : metric.slice(0, -suffix.length);
}

/** What is known of the family that a series belongs to, its name with or without its suffix. */
export function metadataOf(
  metric: string,
  known: ReadonlyMap<string, MetricMetadata>,
): MetricMetadata | undefined {
  const own = known.get(metric);
  if (own !== undefined) return own;
  const suffix = ALL_SUFFIXES.find((end) => metric.endsWith(end));
  return suffix === undefined ? undefined : known.get(metric.slice(0, -suffix.length));
}
