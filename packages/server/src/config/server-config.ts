/**
 * The server's configuration, resolved once: defaults, then the file, then flags.
 */
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { MonError } from '@mon/storage/model/error';
import type { GlobalSettings } from '@mon/storage/settings/global';
import type { Mistake } from '@mon/storage/settings/mistake';
import { readSections, readSettingsFile } from '@mon/storage/settings/read-settings';
import type { AlertingSection } from '../alerting/config/alerting-settings.ts';
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
} from '../http/listen-address.ts';
import { hourlyAt, type Schedule } from '../jobs/cron-expression.ts';
import {
  type FsyncPolicy,
  parseRetention,
  SERVER_SECTIONS,
  type ServerLimits,
  type ServerSections,
} from './server-settings.ts';

export interface ServerConfig {
  readonly listen: ListenAddress;
  readonly insecureNoAuth: boolean;
  readonly dataDir: string;
  /** undefined: everything is kept. */
  readonly retentionMs: number | undefined;
  readonly shards: number;
  readonly fsync: FsyncPolicy;
  readonly aheadMaxMs: number;
  /** undefined: half of the machine's memory, or of the control group's limit. */
  readonly memoryBytesMax: number | undefined;
  readonly limits: ServerLimits;
  readonly compactionSchedule: Schedule;
  readonly retentionSchedule: Schedule;
  readonly global: GlobalSettings;
  /** Absolute; globs allowed. */
  readonly ruleFiles: readonly string[];
  readonly alerting: AlertingSection;
  /** Where people reach this server, without a trailing slash; links in notifications use it. */
  readonly externalUrl: string;
  /** For secrets that configurations name by environment variable. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The file as read, for status/config; undefined without --config. */
  readonly source: ConfigText | undefined;
  /** What in the file is known but not used. */
  readonly warnings: readonly Mistake[];
}

export interface ConfigText {
  readonly file: string;
  readonly text: string;
}

/** Flags of `mon server`, as typed; each wins over the file. */
export interface ServerFlags {
  readonly listen?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly retention?: string | undefined;
  readonly shards?: number | undefined;
  readonly insecureNoAuth?: boolean | undefined;
}

/** What the configuration takes from where it runs. */
export interface ServerSurroundings {
  readonly hostname: string;
  readonly cpus: number;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const DATA_DIR_DEFAULT = 'mon-data';

/** Beyond that, more threads than a machine has cores only cost memory. */
const SHARDS_DEFAULT_MAX = 16;
const SHARDS_MAX = 64;

/** Retention runs some minutes after compaction, so that the hour's work is done one by one. */
const RETENTION_OFFSET_MINUTES = 7;

/**
 * @throws SettingsError with all mistakes of the file; MonError `bad-listen-address`,
 * `bad-retention`, `bad-shards` for flags
 */
export function resolveServerConfig(input: {
  readonly source: ConfigText | undefined;
  readonly flags: ServerFlags;
  readonly surroundings: ServerSurroundings;
}): ServerConfig {
  const { source, flags, surroundings } = input;
  const { environment, cwd, hostname, cpus } = surroundings;
  const text = source ?? { file: join(cwd, 'no file'), text: '' };
  const { value, warnings } = readSections({ ...text, environment }, SERVER_SECTIONS);
  const { server, jobs } = value satisfies ServerSections;
  const listen = flags.listen === undefined ? server.listen : parseListenAddress(flags.listen);
  return {
    listen,
    insecureNoAuth: flags.insecureNoAuth ?? false,
    dataDir: resolve(cwd, flags.dataDir ?? server.data_dir ?? DATA_DIR_DEFAULT),
    retentionMs: (flags.retention === undefined
      ? server.retention
      : parseRetention(flags.retention)
    ).retentionMs,
    shards: checkShards(flags.shards ?? server.shards ?? Math.min(cpus, SHARDS_DEFAULT_MAX)),
    fsync: server.fsync,
    aheadMaxMs: server.max_ahead,
    memoryBytesMax: server.memory,
    limits: server.limits,
    compactionSchedule: jobs.compaction.schedule ?? hourlyAt(hostname, 0),
    retentionSchedule: jobs.retention.schedule ?? hourlyAt(hostname, RETENTION_OFFSET_MINUTES),
    global: value.global,
    ruleFiles: value.rule_files,
    alerting: value.alerting,
    externalUrl: externalUrl(server.external_url, listen, hostname),
    environment,
    source,
    warnings,
  };
}

/**
 * The configuration of a server started here: reads the file that --config names, if any.
 *
 * @throws MonError `config-unreadable`, and those of `resolveServerConfig`
 */
export async function loadServerConfig(
  configFile: string | undefined,
  flags: ServerFlags,
): Promise<ServerConfig> {
  const file = configFile === undefined ? undefined : resolve(configFile);
  return resolveServerConfig({
    source: file === undefined ? undefined : { file, text: await readSettingsFile(file) },
    flags,
    surroundings: {
      hostname: hostname(),
      cpus: availableParallelism(),
      cwd: process.cwd(),
      environment: process.env,
    },
  });
}

/** Other hosts reach a server on all addresses by its name; one on loopback is reached as it is. */
function externalUrl(given: string | undefined, listen: ListenAddress, hostname: string): string {
  if (given !== undefined) return given.replace(/\/+$/, '');
  const isAny = listen.host === '::' || listen.host === '0.0.0.0';
  return `http://${formatListenAddress(isAny ? { ...listen, host: hostname } : listen)}`;
}

function checkShards(shards: number): number {
  if (Number.isInteger(shards) && shards >= 1 && shards <= SHARDS_MAX) return shards;
  throw new MonError({
    code: 'bad-shards',
    what: `Cannot run ${shards} shards`,
    why: `there may be 1 to ${SHARDS_MAX}`,
    mend: 'Leave --shards out: one for each core is best.',
  });
}
