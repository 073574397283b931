/**
 * One of `scrape_configs`: Prometheus's keys with its defaults. Keys that mon does not use yet are
 * accepted with a warning, unless leaving them out would scrape something else.
 *
 * Source: prometheus/prometheus config/config.go (ScrapeConfig).
 */
import type { Cursor } from '@mon/storage/settings/cursor';
import type { GlobalSettings } from '@mon/storage/settings/global';
import {
  duration,
  flag,
  integer,
  oneOf,
  path,
  size,
  text,
  word,
} from '@mon/storage/settings/scalars';
import {
  converted,
  type Field,
  list,
  mapOf,
  object,
  optional,
  required,
  type Schema,
  unused,
  type Value,
  withDefault,
} from '@mon/storage/settings/schema';
import type { FileDiscoverySettings } from '../discover/file-discovery.ts';
import { TARGET_FILE_PATTERN } from '../discover/target-file.ts';
import type { TargetGroup } from '../discover/target-group.ts';
import type { ScrapeJobSettings } from '../scrape/scrape-job.ts';
import { httpKeys, httpSettings } from './http-config.ts';
import { relabelRules } from './relabel-config.ts';

const MINUTE_MS = 60_000;

/** Discoveries of Prometheus that mon has not got yet. */
const OTHER_DISCOVERIES =
  'azure consul digitalocean dns docker dockerswarm ec2 eureka gce hetzner http ionos kubernetes ' +
  'kuma lightsail linode marathon nerve nomad openstack ovhcloud puppetdb scaleway serverset ' +
  'stackit triton uyuni vultr';

const otherDiscoveries = Object.fromEntries(
  OTHER_DISCOVERIES.split(' ').map((name) => [`${name}_sd_configs`, unused()]),
) as Readonly<Record<string, Field<unknown>>>;

const address: Schema<string> = converted(word(), (value, at) => {
  if (!value.includes('/')) return value;
  return at.mistake(`'${value}' is no host:port`, 'put scheme and path into scheme, metrics_path');
});

const staticGroup = object({
  targets: withDefault(list(address), []),
  labels: withDefault(mapOf(text()), {}),
});

const targetFile: Schema<string> = converted(path(), (value, at) => {
  if (TARGET_FILE_PATTERN.test(value)) return value;
  return at.mistake('must end in .json, .yml or .yaml, with at most one * in its last part');
});

const fileDiscovery = object({
  files: required(list(targetFile)),
  refresh_interval: withDefault(duration({ min: 1000 }), 5 * MINUTE_MS),
});

const keys = object({
  job_name: required(word()),
  scrape_interval: optional(duration({ min: 1 })),
  scrape_timeout: optional(duration({ min: 1 })),
  metrics_path: withDefault(text(), '/metrics'),
  scheme: withDefault(oneOf('http', 'https'), 'http'),
  params: withDefault(mapOf(list(text())), {}),
  honor_labels: withDefault(flag(), false),
  honor_timestamps: withDefault(flag(), true),
  track_timestamps_staleness: withDefault(flag(), false),
  enable_compression: withDefault(flag(), true),
  body_size_limit: optional(size()),
  sample_limit: optional(integer({ min: 0 })),
  target_limit: optional(integer({ min: 0 })),
  label_limit: optional(integer({ min: 0 })),
  label_name_length_limit: optional(integer({ min: 0 })),
  label_value_length_limit: optional(integer({ min: 0 })),
  static_configs: withDefault(list(staticGroup), []),
  file_sd_configs: withDefault(list(fileDiscovery), []),
  relabel_configs: withDefault(relabelRules, []),
  metric_relabel_configs: withDefault(relabelRules, []),
  keep_dropped_targets: unused(),
  scrape_protocols: unused(),
  fallback_scrape_protocol: unused(),
  scrape_failure_log_file: unused(),
  scrape_native_histograms: unused(),
  scrape_classic_histograms: unused(),
  always_scrape_classic_histograms: unused(),
  convert_classic_histograms_to_nhcb: unused(),
  native_histogram_bucket_limit: unused(),
  native_histogram_min_bucket_factor: unused(),
  metric_name_validation_scheme: unused(),
  metric_name_escaping_scheme: unused(),
  extra_scrape_metrics: unused(),
  ...httpKeys,
  ...otherDiscoveries,
});

type ScrapeKeys = Value<typeof keys>;

/** A job before the global section is known, which may stand further down in the file. */
export interface ScrapeConfig {
  readonly name: string;
  /** Notes at the job's place what contradicts the global section. */
  readonly resolve: (global: GlobalSettings) => ScrapeJobSettings | undefined;
  readonly at: Cursor;
}

export const scrapeConfig: Schema<ScrapeConfig> = converted(keys, (value, at) => {
  const http = httpSettings(value, at, value.enable_compression);
  if (http === undefined) return undefined;
  return {
    name: value.job_name,
    at,
    resolve(global) {
      const times = scrapeTimes(value, global, at);
      return times === undefined ? undefined : { ...settingsOf(value, global), ...times, http };
    },
  };
});

function scrapeTimes(value: ScrapeKeys, global: GlobalSettings, at: Cursor) {
  const intervalMs = value.scrape_interval ?? global.scrapeIntervalMs;
  const timeoutMs = value.scrape_timeout ?? Math.min(global.scrapeTimeoutMs, intervalMs);
  if (timeoutMs <= intervalMs) return { intervalMs, timeoutMs };
  return at.mistake('has a scrape_timeout longer than its scrape_interval', 'make it shorter');
}

function settingsOf(
  value: ScrapeKeys,
  global: GlobalSettings,
): Omit<ScrapeJobSettings, 'intervalMs' | 'timeoutMs' | 'http'> {
  const staticGroups: TargetGroup[] = value.static_configs.map(({ targets, labels }, i) => {
    return { source: `static/${i}`, addresses: targets, labels };
  });
  const fileDiscoveries: FileDiscoverySettings[] = value.file_sd_configs.map((entry) => {
    return { patterns: entry.files, refreshIntervalMs: entry.refresh_interval };
  });
  return {
    jobName: value.job_name,
    metricsPath: value.metrics_path,
    scheme: value.scheme,
    params: value.params,
    honorLabels: value.honor_labels,
    honorTimestamps: value.honor_timestamps,
    tracksTimestamps: value.track_timestamps_staleness,
    relabel: value.relabel_configs,
    metricRelabel: value.metric_relabel_configs,
    bodyBytesMax: value.body_size_limit ?? global.bodySizeLimitBytes,
    sampleLimit: value.sample_limit ?? global.sampleLimit,
    targetLimit: value.target_limit ?? global.targetLimit,
    labelLimits: {
      labels: value.label_limit ?? global.labelLimit,
      nameBytes: value.label_name_length_limit ?? global.labelNameLengthLimit,
      valueBytes: value.label_value_length_limit ?? global.labelValueLengthLimit,
    },
    staticGroups,
    fileDiscoveries,
  };
}
