/**
 * `mon agent check`: reads an agent's configuration and says what it would do.
 */
import { loadAgentConfig } from '@mon/agent/config/agent-settings';
import { PLACES } from '@mon/agent/install/places';
import { formatDurationMs } from '@mon/storage/model/duration';
import { Args, Flags } from '@oclif/core';
import { MonCommand, outputFlag } from '../../command.ts';
import { remarkMistakes } from '../../mistakes.ts';
import { type Fact, formatFacts } from '../../print/facts.ts';
import { formatBytes } from '../../print/number.ts';
import { prose } from '../../prose.ts';

export default class AgentCheck extends MonCommand {
  static override summary = "Check an agent's configuration and show what it would do";
  static override description = prose(`
Shows every mistake with file, line and column and ends with 1, or says what the agent would collect
and where it would send. Changes nothing and contacts nobody.
`);
  static override examples = [
    '<%= config.bin %> agent check',
    '<%= config.bin %> agent check prometheus.yml',
    '<%= config.bin %> agent check --config agent.yml -o json',
  ];
  static override args = {
    file: Args.string({ ignoreStdin: true, description: 'Configuration, as with --config' }),
  };
  static override flags = {
    config: Flags.string({
      helpValue: 'FILE',
      default: PLACES.config,
      summary: 'Configuration; the default is where `mon agent install` puts it',
    }),
    ...outputFlag,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(AgentCheck);
    const file = args.file ?? flags.config;
    const { settings, warnings } = await loadAgentConfig(file, process.env);
    remarkMistakes([{ mistakes: warnings }]);
    const { host, statsd, spool, scrapeJobs, remotes } = settings;
    if (remotes.length === 0)
      this.remark('Warning: without remote_write the agent does not start.');
    const facts: Fact[] = [
      { key: 'file', value: file },
      { key: 'host_metrics', value: host.isEnabled },
      { key: 'host_interval', value: formatDurationMs(host.intervalMs) },
      { key: 'collectors', value: host.isEnabled ? host.collectors.join(', ') : '' },
      { key: 'statsd', value: statsd.isEnabled ? `${statsd.host}:${statsd.port}` : 'off' },
      { key: 'scrape_jobs', value: scrapeJobs.map(({ jobName }) => jobName).join(', ') },
      { key: 'sends_to', value: remotes.map(({ url }) => url).join(', ') },
      { key: 'spool_dir', value: spool.dir ?? '', text: spool.dir ?? 'as --spool-dir says' },
      { key: 'spool_bytes', value: spool.bytesMax, text: formatBytes(spool.bytesMax) },
    ];
    this.print(formatFacts(flags.output, facts));
  }
}
