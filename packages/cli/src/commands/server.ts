/**
 * `mon server`: runs the server until it is interrupted.
 */
import { openLog } from '@mon/server/log';
import { startServer } from '@mon/server/server';
import { MonCommand } from '../command.ts';
import { untilInterrupted } from '../interrupt.ts';
import { prose } from '../prose.ts';
import { onHangup } from '../reload.ts';
import { logLevelFlag, serverConfig, serverFlags } from '../server-flags.ts';

export default class Server extends MonCommand {
  static override summary = 'Run the server: storage, queries, rules and alerts';
  static override description = prose(`
Takes samples in by remote write and JSON, stores them under --data-dir, answers PromQL, evaluates
rules and sends alerts. Prints one line when it is ready; the log goes to standard error as JSON.

Ctrl-C and SIGTERM stop it cleanly; a second one ends it at once, and the log on disk is replayed at
the next start. SIGHUP makes it read rule files and alerting again. Without authentication it serves
loopback only.
`);
  static override examples = [
    '<%= config.bin %> server',
    '<%= config.bin %> server --data-dir /var/lib/mon --listen 127.0.0.1:9500 --retention 90d',
    '<%= config.bin %> server --config prometheus.yml --listen 10.0.0.5:9500 --insecure-no-auth',
  ];
  static override flags = { ...serverFlags, 'log-level': logLevelFlag('info') };

  async run(): Promise<void> {
    const { flags } = await this.usage(Server);
    const interrupted = untilInterrupted();
    const config = await serverConfig(flags);
    const log = openLog(flags['log-level']);
    const server = await startServer({
      config,
      log,
      clock: this.clock,
      monVersion: this.config.version,
    });
    onHangup(async () => server.reload(await serverConfig(flags)), log);
    this.print(`mon server is ready at ${server.url}, data in ${config.dataDir}. Ctrl-C stops it.`);
    await interrupted;
    await server.close();
  }
}
