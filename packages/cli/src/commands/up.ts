/**
 * `mon up`: server and agent for this host in one process, with the live view.
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ApiClient } from '@mon/server/api/client';
import { openLog } from '@mon/server/log';
import { Flags } from '@oclif/core';
import { MonCommand } from '../command.ts';
import { refuseMistakes } from '../config-check.ts';
import { builtInConfig, type HostMonitor, startHostMonitor } from '../host-monitor.ts';
import { untilHangup, untilInterrupted } from '../interrupt.ts';
import { prose } from '../prose.ts';
import { onHangup } from '../reload.ts';
import { logLevelFlag, serverConfig, serverFlags } from '../server-flags.ts';

const TOP_INTERVAL_MS = 5000;
/** Short: what just started has not much to show. */
const TOP_WINDOW_MS = 5 * 60_000;
/** The live view has the terminal to itself, so that the log goes there. */
const LOG_FILE = 'mon.log';

export default class Up extends MonCommand {
  static override summary = 'Run server and agent for this host, with a live view';
  static override description = prose(`
Collects this host's metrics every 15 s and its own, listens for StatsD on 127.0.0.1:8125, stores
everything under ./mon-data, and answers queries on 127.0.0.1:9500. A prometheus.yml given with
--config is scraped, and its rules are evaluated.

On a terminal the live view of \`mon top\` opens, and quitting it stops everything; the log then goes
to mon.log in the data directory. With --no-top, or where standard output is no terminal, it prints
what it serves and runs until Ctrl-C or SIGTERM, and SIGHUP makes it read the configuration again.
Everything collected is on disk before it ends.
`);
  static override examples = [
    '<%= config.bin %> up',
    '<%= config.bin %> up --no-top --data-dir /var/lib/mon',
    '<%= config.bin %> up --config prometheus.yml',
  ];
  static override flags = {
    ...serverFlags,
    top: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'Open the live view where standard output is a terminal',
    }),
    'log-level': logLevelFlag('warn'),
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(Up);
    const interrupted = untilInterrupted();
    const readConfig = async () => {
      if (flags.config !== undefined) await refuseMistakes(flags.config);
      return serverConfig(flags, builtInConfig());
    };
    const config = await readConfig();
    const showsTop = flags.top && process.stdout.isTTY === true && process.stdin.isTTY === true;
    const level = flags['log-level'];
    const log = showsTop ? openFreshLog(level, config.dataDir) : openLog(level);
    const { clock } = this;
    const version = this.config.version;
    const monitor = await startHostMonitor({ config, log, clock, version });
    try {
      this.#describe(monitor, config.dataDir, showsTop ? 'q stops it.' : 'Ctrl-C stops it.');
      if (showsTop) {
        await this.#showTop(monitor.server.url, Promise.race([interrupted, untilHangup()]));
      } else {
        onHangup(async () => monitor.reload(await readConfig()), log);
        await interrupted;
      }
    } finally {
      await monitor.close();
    }
    const warned = showsTop && statSync(join(config.dataDir, LOG_FILE)).size > 0;
    const logged = warned ? `, log in ${join(config.dataDir, LOG_FILE)}` : '';
    this.print(`mon has stopped. Data in ${config.dataDir}${logged}.`);
  }

  /** What is served, and how to stop it. */
  #describe({ server, agent }: HostMonitor, dataDir: string, stop: string): void {
    const { statsdAddress, troubles } = agent.status();
    for (const trouble of troubles) this.remark(`Warning: ${trouble}`);
    const statsd = statsdAddress === '' ? '' : `, StatsD on ${statsdAddress}`;
    this.print(`mon is ready at ${server.url}${statsd}, data in ${dataDir}. ${stop}`);
  }

  async #showTop(url: string, interrupted: Promise<unknown>): Promise<void> {
    const { runTop } = await import('../tui/top-screen.tsx');
    const client = new ApiClient({ server: url });
    const quit = new AbortController();
    void interrupted.then(() => quit.abort());
    try {
      const { clock, colors } = this;
      const { signal } = quit;
      const pace = { intervalMs: TOP_INTERVAL_MS, windowMs: TOP_WINDOW_MS };
      await runTop({ client, clock, colors, signal, ...pace });
    } finally {
      await client.close();
    }
  }
}

/** A log of this run alone, so that it does not grow from run to run. */
function openFreshLog(level: Parameters<typeof openLog>[0], dataDir: string) {
  const path = join(dataDir, LOG_FILE);
  rmSync(path, { force: true });
  return openLog(level, path);
}
