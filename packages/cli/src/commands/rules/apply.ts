/**
 * `mon rules apply`: makes an applied set hold what rule files say.
 */
import { Args, Flags } from '@oclif/core';
import { connectionFlags, MonCommand } from '../../command.ts';
import { askConsent } from '../../consent.ts';
import { remarkMistakes } from '../../mistakes.ts';
import { drawRuleDiff, planTotals } from '../../print/rule-diff.ts';
import { paint } from '../../print/span.ts';
import { prose } from '../../prose.ts';
import { type PlannedSet, planSet, putSet, setFlag, soundFiles } from '../../rule-set.ts';

export default class RulesApply extends MonCommand {
  static override summary = 'Make an applied set hold what rule files say';
  static override description = prose(`
Shows what would change, asks, and changes the set as a whole: all of it or nothing. Applying the
same files again changes nothing. Only the named set is touched; rules of configuration files, of
other sets and of the JSON API stay as they are.

Groups of the set that are not in the files stay, unless --prune removes them. A set that somebody
else changed meanwhile is left alone, and the command fails.
`);
  static override examples = [
    '<%= config.bin %> rules apply rules/*.yml',
    '<%= config.bin %> rules apply rules/ --set shop --prune --yes',
    '<%= config.bin %> rules apply rules/ --dry-run',
  ];
  static override args = {
    files: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'Rule files, or directories of them',
    }),
  };
  static override flags = {
    set: setFlag,
    prune: Flags.boolean({ summary: 'Remove groups of the set that are not in the files' }),
    'dry-run': Flags.boolean({ summary: 'Show what would change, and change nothing' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask' }),
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(RulesApply);
    const checked = await soundFiles(args.files, remarkMistakes);
    await this.withClient(flags, async (client) => {
      const planned = await planSet(client, checked, flags);
      const { plan, name } = planned;
      this.print(paint(drawRuleDiff(plan), this.colors));
      if (!plan.hasChanges) return this.remark(`The set ${name} is up to date.`);
      if (flags['dry-run']) return this.remark('Nothing was changed (--dry-run).');
      if (!flags.yes && !(await askConsent(this.#question(planned), '--yes'))) {
        return this.remark('Nothing was changed.');
      }
      await putSet(client, planned);
      this.remark(`Applied to the set ${name}: ${planTotals(plan)}.`);
    });
  }

  #question({ name }: PlannedSet): string {
    return `Apply this to the set ${name}?`;
  }
}
