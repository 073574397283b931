/**
 * `mon agent status`: how the agent on this host is.
 */
import { PLACES } from '@mon/agent/install/places';
import type { AgentStatus } from '@mon/agent/status/agent-status';
import { agentReport, spoolFlag, unitText } from '../../agent-report.ts';
import { MonCommand, outputFlag } from '../../command.ts';
import { type Fact, formatFacts } from '../../print/facts.ts';
import { formatAge, formatBytes } from '../../print/number.ts';
import { prose } from '../../prose.ts';

export default class AgentStatusCommand extends MonCommand {
  static override summary = 'Show how the agent on this host is';
  static override description = prose(`
Asks the agent itself: what it collects, what waits in its spool, how sending goes. What is wrong
and needs somebody is told on standard error. Ends with 1 where no agent runs.
`);
  static override examples = [
    '<%= config.bin %> agent status',
    '<%= config.bin %> agent status --spool-dir ./mon-data/agent -o json',
  ];
  static override flags = { ...spoolFlag, ...outputFlag };

  async run(): Promise<void> {
    const { flags } = await this.usage(AgentStatusCommand);
    const { status } = await agentReport(flags['spool-dir']);
    for (const trouble of status.troubles) this.remark(`Warning: ${trouble}`);
    const facts = statusFacts(status, this.clock.nowMs());
    const unit = flags['spool-dir'] === PLACES.stateDir ? await unitText() : undefined;
    if (unit !== undefined) facts.push({ key: 'unit', value: unit });
    this.print(formatFacts(flags.output, facts));
  }
}

function statusFacts(status: AgentStatus, nowMs: number): Fact[] {
  const { version, pid, startMs, host, targets, spool, statsdAddress, remotes } = status;
  const uptime = (nowMs - startMs) / 1000;
  return [
    { key: 'version', value: version },
    { key: 'pid', value: pid },
    { key: 'uptime_seconds', label: 'uptime', value: uptime, text: formatAge(uptime) },
    { key: 'instance', value: host.instance },
    { key: 'host_metrics', value: host.isEnabled },
    {
      key: 'collectors_failing',
      value: host.failing.join(', '),
      text: host.failing.join(', ') || '-',
    },
    { key: 'targets_up', value: targets.up },
    { key: 'targets_down', value: targets.down },
    { key: 'targets_unknown', value: targets.unknown },
    { key: 'statsd', value: statsdAddress, text: statsdAddress || 'off' },
    { key: 'spool_dir', value: spool.dir },
    {
      key: 'spool_bytes',
      label: 'spool',
      value: spool.bytes,
      text: `${formatBytes(spool.bytes)} of ${formatBytes(spool.bytesMax)}`,
    },
    ...remotes.map((remote): Fact => {
      const { name, lastError, lastSuccessMs, samplesSent, lagMs } = remote;
      const last =
        lastSuccessMs === undefined ? 'never' : `${formatAge((nowMs - lastSuccessMs) / 1000)} ago`;
      const lag = lagMs > 0 ? `, ${formatAge(lagMs / 1000)} behind` : '';
      const error = lastError === '' ? '' : `: ${lastError}`;
      const text = `${samplesSent} samples sent, last success ${last}${lag}${error}`;
      return { key: `remote_${name}`, label: `to ${name}`, value: text };
    }),
  ];
}
