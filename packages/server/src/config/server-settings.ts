/**
 * The server's sections of the configuration file: `server` and `jobs`, beside the shared `global`
 * and the rules' `rule_files` and `alerting`.
 *
 * Every key, its unit and default stand in docs/operating.md.
 */
import { AHEAD_MAX_DEFAULT_MS, RETENTION_DEFAULT_MS } from '@mon/storage/database-options';
import { durationMs } from '@mon/storage/model/duration';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { GLOBAL_DEFAULTS, globalSettings } from '@mon/storage/settings/global';
import { duration, integer, path, size, url, word } from '@mon/storage/settings/scalars';
import {
  converted,
  list,
  type ObjectValue,
  optional,
  type Schema,
  section,
  withDefault,
} from '@mon/storage/settings/schema';
import { alertingSection, NO_ALERTING_SECTION } from '../alerting/config/alerting-settings.ts';
import { LISTEN_DEFAULT, type ListenAddress, parseListenAddress } from '../http/listen-address.ts';
import { cronSchedule } from '../jobs/cron-expression.ts';

const MEGABYTE = 1024 * 1024;

function listenAddress(): Schema<ListenAddress> {
  return converted(word(), (value, at) => {
    try {
      return parseListenAddress(value);
    } catch (thrown) {
      if (thrown instanceof MonError) return at.mistake(thrown.why, thrown.mend);
      throw thrown;
    }
  });
}

/** A retention: a duration, or undefined for `off`. */
export interface Retention {
  readonly retentionMs: number | undefined;
}

/** @throws MonError `bad-retention` */
export function parseRetention(text: string): Retention {
  if (text === 'off') return { retentionMs: undefined };
  const retentionMs = durationMs(text);
  if (retentionMs !== undefined && retentionMs > 0) return { retentionMs };
  throw new MonError({
    code: 'bad-retention',
    what: `Cannot use ${JSON.stringify(text.slice(0, 100))} as retention`,
    why: 'it is neither a duration above 0 nor off',
    mend: 'Write it like 450d or 1y, or off to keep everything.',
  });
}

function retention(): Schema<Retention> {
  return converted(word(), (value, at) => {
    try {
      return parseRetention(value);
    } catch (thrown) {
      if (thrown instanceof MonError) return at.mistake(reasonOf(thrown), thrown.mend);
      throw thrown;
    }
  });
}

/** `always`, or the longest time that an answered append may be missing from the disk. */
export type FsyncPolicy = 'always' | { readonly intervalMs: number };

function fsyncPolicy(): Schema<FsyncPolicy> {
  return converted(word(), (value, at) => {
    if (value === 'always') return 'always';
    const intervalMs = durationMs(value);
    if (intervalMs !== undefined && intervalMs > 0) return { intervalMs };
    return at.mistake(`must be always or a duration such as 100ms, not ${at.found}`);
  });
}

const limits = {
  body_size: withDefault(size({ min: 1024 }), 32 * MEGABYTE),
  connections: withDefault(integer({ min: 1 }), 4096),
  write_bytes_in_flight: withDefault(size({ min: 1024 }), 256 * MEGABYTE),
  query_samples: withDefault(integer({ min: 1 }), 50_000_000),
  query_series: withDefault(integer({ min: 1 }), 1_000_000),
  query_timeout: withDefault(duration({ min: 1 }), 120_000),
  query_concurrency: withDefault(integer({ min: 1, max: 1000 }), 16),
  query_queue: withDefault(integer({ min: 0, max: 100_000 }), 256),
  query_lookback: withDefault(duration({ min: 1 }), 300_000),
  metadata_per_tenant: withDefault(integer({ min: 0 }), 20_000),
};

const server = {
  listen: withDefault(listenAddress(), LISTEN_DEFAULT),
  data_dir: optional(path()),
  retention: withDefault(retention(), { retentionMs: RETENTION_DEFAULT_MS }),
  shards: optional(integer({ min: 1, max: 64 })),
  fsync: withDefault(fsyncPolicy(), 'always'),
  /** What series and samples in memory may take; half of the machine's or of the cgroup's. */
  memory: optional(size({ min: 16 * MEGABYTE })),
  max_ahead: withDefault(duration(), AHEAD_MAX_DEFAULT_MS),
  /** Where people reach this server, for links in notifications. */
  external_url: optional(url()),
  limits: section(limits),
};

const job = { schedule: optional(cronSchedule()) };
const jobs = { compaction: section(job), retention: section(job) };

export type ServerLimits = ObjectValue<typeof limits>;

/** The sections that the server reads. */
export const SERVER_SECTIONS = {
  global: withDefault(globalSettings, GLOBAL_DEFAULTS),
  server: section(server),
  jobs: section(jobs),
  rule_files: withDefault(list(path()), []),
  alerting: withDefault(alertingSection, NO_ALERTING_SECTION),
} as const;

export type ServerSections = ObjectValue<typeof SERVER_SECTIONS>;
