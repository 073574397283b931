/**
 * `mon rules get`: everything about the rules of one name, or of one id of the JSON API.
 */
import type { JsonRuleGroupStatus, JsonRuleStatus } from '@mon/server/api/rule-responses';
import { MonError } from '@mon/storage/model/error';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, MonCommand } from '../../command.ts';
import { formatDocument } from '../../print/rows.ts';
import { prose } from '../../prose.ts';

export default class RulesGet extends MonCommand {
  static override summary = 'Show everything about one rule';
  static override description = prose(`
Finds rules by name, or by the id that the JSON API gave. Several rules of one name are all shown.
`);
  static override examples = [
    '<%= config.bin %> rules get HighCPU',
    '<%= config.bin %> rules get alert-12345 -o json',
  ];
  static override args = {
    rule: Args.string({ required: true, ignoreStdin: true, description: 'Name or id of a rule' }),
  };
  static override flags = {
    output: Flags.option({
      char: 'o',
      options: ['yaml', 'json'] as const,
      default: 'yaml' as const,
      summary: 'Form of the data on standard output',
    })(),
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(RulesGet);
    const { groups } = await this.withClient(flags, (client) =>
      client.ask<{ readonly groups: readonly JsonRuleGroupStatus[] }>({
        method: 'GET',
        path: '/api/v1/rules',
      }),
    );
    const found = groups.flatMap((group) =>
      group.rules.filter((rule) => isNamed(rule, args.rule)).map((rule) => describe(group, rule)),
    );
    if (found.length === 0) throw unknownRule(args.rule);
    this.print(formatDocument(flags.output, found));
  }
}

function isNamed(rule: JsonRuleStatus, text: string): boolean {
  return rule.name === text || (rule.type === 'alerting' && rule.rule_id === text);
}

function describe({ owner, file, name, interval }: JsonRuleGroupStatus, rule: JsonRuleStatus) {
  return { owner, file, group: name, interval_seconds: interval, ...rule };
}

function unknownRule(text: string): MonError {
  return new MonError({
    code: 'unknown-rule',
    what: `Cannot show the rule ${JSON.stringify(text)}`,
    why: 'no rule that runs has this name or id',
    mend: 'See `mon rules list`.',
  });
}
