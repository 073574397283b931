/**
 * `mon rules check`: reads rule files and shows every mistake. Needs no server.
 */
import { Args, Flags } from '@oclif/core';
import { MonCommand, outputFlag } from '../../command.ts';
import { EXIT } from '../../exit-code.ts';
import { countErrors, remarkMistakes } from '../../mistakes.ts';
import type { Column } from '../../print/rows.ts';
import { prose } from '../../prose.ts';
import { type CheckedFile, checkRuleFiles } from '../../rule-files.ts';

const ruleCount = ({ rules }: CheckedFile): number | undefined =>
  rules?.groups.reduce((count, group) => count + group.rules.length, 0);

const COLUMNS: readonly Column<CheckedFile>[] = [
  { key: 'file', value: ({ file }) => file },
  { key: 'groups', value: ({ rules }) => rules?.groups.length, align: 'right' },
  { key: 'rules', value: ruleCount, align: 'right' },
  { key: 'errors', value: ({ mistakes }) => countErrors(mistakes), align: 'right' },
  {
    key: 'warnings',
    value: ({ mistakes }) => mistakes.length - countErrors(mistakes),
    align: 'right',
  },
];

export default class RulesCheck extends MonCommand {
  static override summary = 'Check rule files: syntax, expressions, templates';
  static override description = prose(`
Reads rule files in Prometheus's format and shows every mistake with file, line and column. Needs
no server. Ends with 1 where a file has an error. In a GitHub workflow mistakes are annotations.
`);
  static override examples = [
    '<%= config.bin %> rules check rules/*.yml',
    '<%= config.bin %> rules check rules/ --strict',
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
    strict: Flags.boolean({ summary: 'Take warnings as errors' }),
    ...outputFlag,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(RulesCheck);
    const checked = await checkRuleFiles(args.files);
    remarkMistakes(checked);
    const mistakes = checked.flatMap((file) => file.mistakes);
    this.printRows(flags.output, COLUMNS, checked);
    const failures = flags.strict ? mistakes.length : countErrors(mistakes);
    if (failures > 0) process.exitCode = EXIT.failed;
  }
}
