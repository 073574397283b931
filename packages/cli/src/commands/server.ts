/**
 * `mon server`: takes samples in, stores them, answers queries, until it is told to stop.
 */

import { loadServerConfig } from '@mon/server/config/server-config';
import { LOG_LEVELS, openLog } from '@mon/server/log';
import { startServer } from '@mon/server/server';
import { SYSTEM_CLOCK } from '@mon/storage/model/clock';
import { Flags } from '@oclif/core';
import { MonCommand } from '../command.ts';
import { untilInterrupted } from '../interrupt.ts';

/** What `mon server` takes, and `mon up` too. */
export const serverFlags = {
  'data-dir': Flags.string({
    helpValue: 'DIR',
    summary: 'Folder of the samples (default: server.data_dir, else ./mon-data)',
  }),
  listen: Flags.string({
    helpValue: 'HOST:PORT',
    summary: 'Address to listen on (default: server.listen, else 127.0.0.1:9500)',
  }),
  config: Flags.string({ helpValue: 'FILE', summary: 'Configuration file, YAML' }),
  retention: Flags.string({
    helpValue: 'DURATION|off',
    summary: 'How long samples are kept (default: server.retention, else 450d)',
  }),
  shards: Flags.integer({
    helpValue: 'N',
    summary: 'Threads that hold series (default: server.shards, else one for each core)',
  }),
  'insecure-no-auth': Flags.boolean({
    summary: 'Listen on addresses that other hosts reach, without authentication',
  }),
  'log-level': Flags.option({
    options: LOG_LEVELS,
    default: 'info',
    summary: 'Least severity of the log on standard error',
  })(),
};

export default class Server extends MonCommand {
  static override summary = 'Run the server';
  static override description =
    'Takes samples in (remote write, JSON), stores them, and answers PromQL over HTTP.';
  static override examples = [
    '<%= config.bin %> server',
    '<%= config.bin %> server --data-dir /var/lib/mon --listen 127.0.0.1:9500 --retention 90d',
    '<%= config.bin %> server --config prometheus.yml',
  ];
  static override flags = serverFlags;

  async run(): Promise<void> {
    const { flags } = await this.usage(Server);
    const config = await loadServerConfig(flags.config, {
      listen: flags.listen,
      dataDir: flags['data-dir'],
      retention: flags.retention,
      shards: flags.shards,
      insecureNoAuth: flags['insecure-no-auth'],
    });
    const interrupted = untilInterrupted();
    const server = await startServer({
      config,
      clock: SYSTEM_CLOCK,
      log: openLog(flags['log-level']),
      monVersion: this.config.version,
    });
    this.remark(`mon serves ${server.url} from ${config.dataDir}; Ctrl-C stops it.`);
    await interrupted;
    await server.close();
  }
}
