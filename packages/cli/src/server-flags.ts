/**
 * Flags of `mon server`, which `mon up` takes as well, and the configuration they make.
 */
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import {
  loadServerConfig,
  resolveServerConfig,
  type ServerConfig,
} from '@mon/server/config/server-config';
import { LOG_LEVELS } from '@mon/server/log';
import { Flags } from '@oclif/core';

export const serverFlags = {
  'data-dir': Flags.string({
    helpValue: 'DIR',
    summary: 'Directory for all data (default ./mon-data)',
  }),
  listen: Flags.string({
    helpValue: 'HOST:PORT',
    summary: 'Address to listen on (default 127.0.0.1:9500)',
  }),
  config: Flags.string({
    helpValue: 'FILE',
    summary: 'Configuration in YAML; a prometheus.yml works',
  }),
  retention: Flags.string({
    helpValue: 'DURATION|off',
    summary: 'Age at which samples expire, or off to keep everything (default 450d)',
  }),
  shards: Flags.integer({
    helpValue: 'N',
    summary: 'Worker threads that own the series (default one a core)',
  }),
  'insecure-no-auth': Flags.boolean({
    summary: 'Serve other addresses than loopback without authentication',
  }),
};

/** How much the log on standard error says. */
export function logLevelFlag(standard: (typeof LOG_LEVELS)[number]) {
  return Flags.option({
    options: LOG_LEVELS,
    default: standard,
    summary: 'Least severity of the log on standard error',
  })();
}

/** Values of `serverFlags` as oclif parses them. */
export interface ServerFlagValues {
  readonly 'data-dir'?: string | undefined;
  readonly listen?: string | undefined;
  readonly config?: string | undefined;
  readonly retention?: string | undefined;
  readonly shards?: number | undefined;
  readonly 'insecure-no-auth': boolean;
}

/**
 * The configuration: flags, then the file that --config names, else `builtIn`.
 *
 * @throws SettingsError, MonError: see `loadServerConfig`
 */
export async function serverConfig(
  flags: ServerFlagValues,
  builtIn?: string,
): Promise<ServerConfig> {
  const { listen, retention, shards } = flags;
  const given = {
    listen,
    retention,
    shards,
    dataDir: flags['data-dir'],
    insecureNoAuth: flags['insecure-no-auth'],
  };
  if (flags.config !== undefined || builtIn === undefined) {
    return loadServerConfig(flags.config, given);
  }
  const surroundings = {
    hostname: hostname(),
    cpus: availableParallelism(),
    cwd: process.cwd(),
    environment: process.env,
  };
  const source = { file: join(surroundings.cwd, 'built-in'), text: builtIn };
  const config = resolveServerConfig({ source, flags: given, surroundings });
  // Nobody wrote a file that could be shown or read again.
  return { ...config, source: undefined };
}
