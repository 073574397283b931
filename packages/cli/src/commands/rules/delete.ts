/**
 * `mon rules delete`: removes a rule of the JSON API, or an applied set.
 */
import type { JsonAlertRuleAnswer } from '@mon/server/api/rule-responses';
import { MonError } from '@mon/storage/model/error';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, MonCommand } from '../../command.ts';
import { askConsent } from '../../consent.ts';
import { prose } from '../../prose.ts';
import { getSet, removeSet } from '../../rule-set.ts';

export default class RulesDelete extends MonCommand {
  static override summary = 'Remove a rule of the JSON API, or an applied set';
  static override description = prose(`
Rules of a set are removed one by one by leaving them out of the files and applying with --prune.
Rules of configuration files are removed from their files.
`);
  static override examples = [
    '<%= config.bin %> rules delete alert-12345',
    '<%= config.bin %> rules delete --set shop --yes',
  ];
  static override args = {
    id: Args.string({ ignoreStdin: true, description: 'Id of a rule made over the JSON API' }),
  };
  static override flags = {
    set: Flags.string({ helpValue: 'NAME', summary: 'Applied set to remove as a whole' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask before a set is removed' }),
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(RulesDelete);
    const { set } = flags;
    if ((args.id === undefined) === (set === undefined)) {
      throw new MonError({
        code: 'usage',
        what: 'Cannot run `mon rules delete`',
        why: 'it takes either an ID or --set NAME',
        mend: 'See `mon rules list` for ids and sets.',
      });
    }
    if (set !== undefined) await this.#deleteSet(set, flags);
    else {
      const path = `/api/v1/alerts/rules/${encodeURIComponent(args.id ?? '')}`;
      const answer = await this.withClient(flags, (client) =>
        client.call<JsonAlertRuleAnswer>({ method: 'DELETE', path }),
      );
      this.remark(`Removed the rule ${answer.rule_id}.`);
    }
  }

  async #deleteSet(
    name: string,
    flags: Parameters<MonCommand['connection']>[0] & { readonly yes: boolean },
  ): Promise<void> {
    await this.withClient(flags, async (client) => {
      const set = await getSet(client, name);
      const rules = set.groups.reduce((sum, group) => sum + group.rules.length, 0);
      if (rules === 0) return this.remark(`The set ${name} is empty.`);
      const what = `the set ${name} with ${rules} ${rules === 1 ? 'rule' : 'rules'}`;
      const question = `Remove ${what}?`;
      if (!flags.yes && !(await askConsent(question, '--yes'))) {
        return this.remark('Nothing was changed.');
      }
      await removeSet(client, set);
      this.remark(`Removed ${what}.`);
    });
  }
}
