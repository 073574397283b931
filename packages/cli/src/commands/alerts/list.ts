/**
 * `mon alerts list`: alerts that fire or are pending.
 */
import type { JsonAlert } from '@mon/server/api/rule-responses';
import { Flags } from '@oclif/core';
import { connectionFlags, MonCommand, outputFlag } from '../../command.ts';
import { formatAge, formatExact } from '../../print/number.ts';
import { parseValue } from '../../print/query-graph.ts';
import type { Column } from '../../print/rows.ts';
import { prose } from '../../prose.ts';

/** Labels with a column of their own. */
const OWN_LABELS = new Set(['alertname', 'severity']);

function columns(nowMs: number): Column<JsonAlert>[] {
  return [
    { key: 'state', value: ({ state }) => state },
    { key: 'alert', value: ({ labels }) => labels['alertname'] },
    { key: 'severity', value: ({ labels }) => labels['severity'] },
    {
      key: 'active_at',
      value: ({ activeAt }) => activeAt,
      text: ({ activeAt }) => `${formatAge((nowMs - Date.parse(activeAt)) / 1000)} ago`,
    },
    {
      key: 'value',
      value: ({ value }) => value,
      text: ({ value }) => formatExact(parseValue(value)),
      align: 'right',
    },
    {
      key: 'labels',
      value: ({ labels }) =>
        Object.fromEntries(Object.entries(labels).filter(([name]) => !OWN_LABELS.has(name))),
    },
    {
      key: 'summary',
      value: ({ annotations }) => annotations['summary'] ?? annotations['description'],
    },
    { key: 'warnings', value: ({ warnings }) => warnings },
  ];
}

export default class AlertsList extends MonCommand {
  static override summary = 'List alerts that fire or are pending';
  static override description = prose(`
Firing alerts come first. A warning says what holds an alert's notifications up, for instance a
receiver that is not configured.
`);
  static override examples = [
    '<%= config.bin %> alerts list',
    '<%= config.bin %> alerts list --state firing -o json',
  ];
  static override flags = {
    state: Flags.option({
      options: ['pending', 'firing'] as const,
      summary: 'Only alerts in this state',
    })(),
    ...outputFlag,
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(AlertsList);
    const { alerts } = await this.withClient(flags, (client) =>
      client.ask<{ readonly alerts: readonly JsonAlert[] }>({
        method: 'GET',
        path: '/api/v1/alerts',
      }),
    );
    const shown = alerts
      .filter(({ state }) => state !== 'inactive')
      .filter(({ state }) => flags.state === undefined || state === flags.state)
      .sort((a, b) => Number(b.state === 'firing') - Number(a.state === 'firing'));
    const all = columns(this.clock.nowMs());
    if (flags.output !== 'table') return this.printRows(flags.output, all, shown);
    if (shown.length === 0) return this.remark('No alerts.');
    const warned = shown.some(({ warnings }) => (warnings ?? []).length > 0);
    this.printRows('table', warned ? all : all.filter(({ key }) => key !== 'warnings'), shown);
  }
}
