/**
 * `mon agent targets`: what the agent on this host scrapes, and what it dropped and why.
 */
import type { AgentTargets } from '@mon/agent/status/agent-status';
import { type Labels, labelsToRecord } from '@mon/storage/model/labels';
import { Flags } from '@oclif/core';
import { agentReport, spoolFlag } from '../../agent-report.ts';
import { MonCommand, outputFlag } from '../../command.ts';
import { formatAge, formatSeconds } from '../../print/number.ts';
import type { Column } from '../../print/rows.ts';
import { prose } from '../../prose.ts';

type Target = AgentTargets['active'][number];
type Dropped = AgentTargets['dropped'][number];

function activeColumns(nowMs: number): Column<Target>[] {
  return [
    { key: 'job', value: ({ job }) => job },
    { key: 'url', value: ({ url }) => url },
    { key: 'health', value: ({ health }) => health },
    {
      key: 'last_scrape_ms',
      title: 'last scrape',
      value: ({ lastScrapeMs }) => lastScrapeMs,
      text: ({ lastScrapeMs }) =>
        lastScrapeMs === undefined ? '-' : `${formatAge((nowMs - lastScrapeMs) / 1000)} ago`,
    },
    {
      key: 'duration_seconds',
      title: 'took',
      value: ({ lastDurationSeconds }) => lastDurationSeconds,
      text: ({ lastDurationSeconds }) => formatSeconds(lastDurationSeconds),
      align: 'right',
    },
    { key: 'samples', value: ({ samplesScraped }) => samplesScraped, align: 'right' },
    { key: 'error', value: ({ lastError }) => lastError },
  ];
}

const DROPPED_COLUMNS: readonly Column<Dropped>[] = [
  { key: 'reason', value: ({ reason }) => reason },
  { key: 'labels', value: ({ discoveredLabels }) => labelsToRecord(discoveredLabels as Labels) },
];

export default class AgentTargetsCommand extends MonCommand {
  static override summary = 'Show what the agent on this host scrapes, and how that goes';
  static override description = prose(`
With --dropped it shows the targets that were discovered and are not scraped, and why.
`);
  static override examples = [
    '<%= config.bin %> agent targets',
    '<%= config.bin %> agent targets --dropped -o json',
  ];
  static override flags = {
    dropped: Flags.boolean({ summary: 'Show dropped targets instead' }),
    ...spoolFlag,
    ...outputFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(AgentTargetsCommand);
    const { targets } = await agentReport(flags['spool-dir']);
    if (flags.dropped) {
      const left = targets.droppedCount - targets.dropped.length;
      if (left > 0) this.remark(`${left} more dropped targets are not listed.`);
      return this.printRows(flags.output, DROPPED_COLUMNS, targets.dropped);
    }
    this.printRows(flags.output, activeColumns(this.clock.nowMs()), targets.active);
  }
}
