/**
 * `mon agent run`: runs the agent until it is interrupted.
 */
import { resolve } from 'node:path';
import { startAgent } from '@mon/agent/agent';
import { loadAgentConfig } from '@mon/agent/config/agent-settings';
import { openLog } from '@mon/server/log';
import { formatMistake, type Mistake } from '@mon/storage/settings/mistake';
import { Flags } from '@oclif/core';
import { MonCommand } from '../../command.ts';
import { untilInterrupted } from '../../interrupt.ts';
import { prose } from '../../prose.ts';
import { onHangup } from '../../reload.ts';
import { logLevelFlag } from '../../server-flags.ts';

const SPOOL_DIR_DEFAULT = 'mon-agent';

export default class AgentRun extends MonCommand {
  static override summary = "Run the agent: collect this host's metrics, scrape, take StatsD, send";
  static override description = prose(`
Reads the configuration (a prometheus.yml works), collects, and sends to every server under
remote_write. What a server has not taken waits on disk, in agent.spool.dir, else --spool-dir.

SIGHUP makes it read the configuration again; one with mistakes is reported and the present one
kept. Ctrl-C and SIGTERM stop it cleanly. The log goes to standard error as JSON.
`);
  static override examples = [
    '<%= config.bin %> agent run --config agent.yml',
    '<%= config.bin %> agent run --config prometheus.yml --spool-dir /var/lib/mon-agent',
  ];
  static override flags = {
    config: Flags.string({
      helpValue: 'FILE',
      required: true,
      summary: 'Configuration in YAML',
    }),
    'spool-dir': Flags.string({
      helpValue: 'DIR',
      default: SPOOL_DIR_DEFAULT,
      summary: 'Directory for what is not sent yet, where the configuration names none',
    }),
    'log-level': logLevelFlag('info'),
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(AgentRun);
    const interrupted = untilInterrupted();
    const file = resolve(flags.config);
    const log = openLog(flags['log-level']);
    const warn = (warnings: readonly Mistake[]): void => {
      for (const warning of warnings) log.warn(formatMistake(warning));
    };
    const { settings, warnings } = await loadAgentConfig(file, process.env);
    warn(warnings);
    const agent = await startAgent({
      settings,
      log,
      version: this.config.version,
      spoolDir: resolve(flags['spool-dir']),
      clock: this.clock,
    });
    onHangup(async () => {
      const next = await loadAgentConfig(file, process.env);
      warn(next.warnings);
      await agent.reload(next.settings);
    }, log);
    const remotes = settings.remotes.map(({ url }) => url).join(', ');
    this.print(`mon agent runs and sends to ${remotes}. Ctrl-C stops it.`);
    await interrupted;
    await agent.stop();
  }
}
