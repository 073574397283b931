/**
 * The `global` section, which agent and server share: Prometheus's keys with its defaults.
 *
 * Source: prometheus/prometheus config/config.go (GlobalConfig).
 */

import { duration, integer, size, text } from './scalars.ts';
import {
  converted,
  mapOf,
  object,
  type Schema,
  unused,
  type Value,
  withDefault,
} from './schema.ts';

const MINUTE_MS = 60_000;
const POSITIVE = { min: 1 };

const keys = object({
  scrape_interval: withDefault(duration(POSITIVE), MINUTE_MS),
  scrape_timeout: withDefault<number | undefined>(duration(POSITIVE), undefined),
  evaluation_interval: withDefault(duration(POSITIVE), MINUTE_MS),
  rule_query_offset: withDefault(duration(), 0),
  external_labels: withDefault(mapOf(text()), {}),
  body_size_limit: withDefault(size(), 0),
  sample_limit: withDefault(integer({ min: 0 }), 0),
  target_limit: withDefault(integer({ min: 0 }), 0),
  label_limit: withDefault(integer({ min: 0 }), 0),
  label_name_length_limit: withDefault(integer({ min: 0 }), 0),
  label_value_length_limit: withDefault(integer({ min: 0 }), 0),
  keep_dropped_targets: unused(),
  query_log_file: unused(),
  scrape_failure_log_file: unused(),
  scrape_protocols: unused(),
  scrape_native_histograms: unused(),
  scrape_classic_histograms: unused(),
  always_scrape_classic_histograms: unused(),
  convert_classic_histograms_to_nhcb: unused(),
  extra_scrape_metrics: unused(),
  metric_name_validation_scheme: unused(),
  metric_name_escaping_scheme: unused(),
});

const DEFAULT_TIMEOUT_MS = 10_000;

export interface GlobalSettings {
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly evaluationIntervalMs: number;
  readonly ruleQueryOffsetMs: number;
  readonly externalLabels: Readonly<Record<string, string>>;
  /** 0: no limit; likewise for the counts below. */
  readonly bodySizeLimitBytes: number;
  readonly sampleLimit: number;
  readonly targetLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
}

export const globalSettings: Schema<GlobalSettings> = converted(keys, (value, at) => {
  const timeoutMs = value.scrape_timeout ?? Math.min(DEFAULT_TIMEOUT_MS, value.scrape_interval);
  if (timeoutMs > value.scrape_interval) {
    return at.mistake('scrape_timeout is longer than scrape_interval', 'make it shorter');
  }
  return resolve(value, timeoutMs);
});

function resolve(value: Value<typeof keys>, scrapeTimeoutMs: number): GlobalSettings {
  return {
    scrapeIntervalMs: value.scrape_interval,
    scrapeTimeoutMs,
    evaluationIntervalMs: value.evaluation_interval,
    ruleQueryOffsetMs: value.rule_query_offset,
    externalLabels: value.external_labels,
    bodySizeLimitBytes: value.body_size_limit,
    sampleLimit: value.sample_limit,
    targetLimit: value.target_limit,
    labelLimit: value.label_limit,
    labelNameLengthLimit: value.label_name_length_limit,
    labelValueLengthLimit: value.label_value_length_limit,
  };
}

/** `global` of a file that has none. */
export const GLOBAL_DEFAULTS: GlobalSettings = {
  scrapeIntervalMs: MINUTE_MS,
  scrapeTimeoutMs: DEFAULT_TIMEOUT_MS,
  evaluationIntervalMs: MINUTE_MS,
  ruleQueryOffsetMs: 0,
  externalLabels: {},
  bodySizeLimitBytes: 0,
  sampleLimit: 0,
  targetLimit: 0,
  labelLimit: 0,
  labelNameLengthLimit: 0,
  labelValueLengthLimit: 0,
};
