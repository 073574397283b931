/**
 * `mon rules diff`: what applying rule files would change.
 */
import { Args, Flags } from '@oclif/core';
import { connectionFlags, MonCommand, outputFlag } from '../../command.ts';
import { EXIT } from '../../exit-code.ts';
import { remarkMistakes } from '../../mistakes.ts';
import { DIFF_COLUMNS, diffRows, drawRuleDiff } from '../../print/rule-diff.ts';
import { paint } from '../../print/span.ts';
import { prose } from '../../prose.ts';
import { planSet, setFlag, soundFiles } from '../../rule-set.ts';

export default class RulesDiff extends MonCommand {
  static override summary = 'Show what applying rule files would change';
  static override description = prose(`
Compares rule files with an applied set on the server, by meaning: a file written otherwise that
means the same is no difference. Ends with 0 where nothing would change, with 2 where something
would, with 1 on errors.

The first column is +, - or !, so that the output may stand in a diff block on GitHub.
`);
  static override examples = [
    '<%= config.bin %> rules diff rules/*.yml',
    '<%= config.bin %> rules diff rules/ --set shop --prune',
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
    prune: Flags.boolean({ summary: 'Show groups that --prune would remove from the set' }),
    ...outputFlag,
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(RulesDiff);
    const checked = await soundFiles(args.files, remarkMistakes);
    const { plan } = await this.withClient(flags, (client) => planSet(client, checked, flags));
    if (flags.output === 'table') this.print(paint(drawRuleDiff(plan), this.colors));
    else this.printRows(flags.output, DIFF_COLUMNS, diffRows(plan));
    if (plan.hasChanges) process.exitCode = EXIT.different;
  }
}
