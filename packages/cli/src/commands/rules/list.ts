/**
 * `mon rules list`: the rules that run, of all owners.
 */
import type { JsonRuleGroupStatus, JsonRuleStatus } from '@mon/server/api/rule-responses';
import { Flags } from '@oclif/core';
import { connectionFlags, MonCommand, outputFlag } from '../../command.ts';
import { formatSeconds } from '../../print/number.ts';
import type { Column } from '../../print/rows.ts';
import { prose } from '../../prose.ts';

interface Row {
  readonly group: JsonRuleGroupStatus;
  readonly rule: JsonRuleStatus;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: 'owner', value: ({ group }) => group.owner },
  { key: 'file', value: ({ group }) => group.file },
  { key: 'group', value: ({ group }) => group.name },
  { key: 'kind', value: ({ rule }) => rule.type },
  { key: 'name', value: ({ rule }) => rule.name },
  { key: 'state', value: ({ rule }) => (rule.type === 'alerting' ? rule.state : undefined) },
  { key: 'health', value: ({ rule }) => rule.health },
  {
    key: 'evaluation_seconds',
    title: 'took',
    value: ({ rule }) => rule.evaluationTime,
    text: ({ rule }) => formatSeconds(rule.evaluationTime),
    align: 'right',
  },
  {
    key: 'rule_id',
    value: ({ rule }) => (rule.type === 'alerting' ? rule.rule_id : undefined),
  },
  { key: 'last_error', value: ({ rule }) => rule.lastError },
];
/** Too wide for a table; in JSON, YAML and CSV only. */
const EXACT_COLUMNS: readonly Column<Row>[] = [
  ...COLUMNS,
  { key: 'query', value: ({ rule }) => rule.query },
  { key: 'labels', value: ({ rule }) => rule.labels },
];

export default class RulesList extends MonCommand {
  static override summary = 'List the rules that run, with state and health';
  static override description = prose(`
Rules of configuration files have the owner config, those of applied sets set/NAME, those made over
the JSON API api.
`);
  static override examples = [
    '<%= config.bin %> rules list',
    '<%= config.bin %> rules list --state firing',
    '<%= config.bin %> rules list --owner set/default -o json',
  ];
  static override flags = {
    type: Flags.option({
      options: ['alert', 'record'] as const,
      summary: 'Only alerting or only recording rules',
    })(),
    state: Flags.option({
      options: ['inactive', 'pending', 'firing'] as const,
      summary: 'Only alerting rules in this state',
    })(),
    owner: Flags.string({ helpValue: 'OWNER', summary: 'Only rules of this owner' }),
    ...outputFlag,
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(RulesList);
    const { groups } = await this.withClient(flags, (client) =>
      client.ask<{ readonly groups: readonly JsonRuleGroupStatus[] }>({
        method: 'GET',
        path: '/api/v1/rules',
        parameters: { type: flags.type, exclude_alerts: 'true' },
      }),
    );
    const rows = groups
      .filter(({ owner }) => flags.owner === undefined || owner === flags.owner)
      .flatMap((group) => group.rules.map((rule) => ({ group, rule })))
      .filter(({ rule }) => {
        return (
          flags.state === undefined || (rule.type === 'alerting' && rule.state === flags.state)
        );
      });
    if (rows.length === 0) this.remark('No rules. Apply some with `mon rules apply FILES`.');
    if (flags.output === 'table') {
      if (rows.length > 0) this.printRows('table', filledColumns(rows), rows);
    } else this.printRows(flags.output, EXACT_COLUMNS, rows);
  }
}

/** Without columns that are empty in every row. */
function filledColumns(rows: readonly Row[]): Column<Row>[] {
  return COLUMNS.filter(({ value }) => rows.some((row) => (value(row) ?? '') !== ''));
}
