/**
 * `mon config check`: reads configuration files and shows every mistake.
 */
import { Args, Flags } from '@oclif/core';
import { MonCommand, outputFlag } from '../../command.ts';
import { type CheckedConfig, checkConfig } from '../../config-check.ts';
import { EXIT } from '../../exit-code.ts';
import { countErrors, remarkMistakes } from '../../mistakes.ts';
import type { Column } from '../../print/rows.ts';
import { prose } from '../../prose.ts';

const COLUMNS: readonly Column<CheckedConfig>[] = [
  { key: 'file', value: ({ file }) => file },
  { key: 'kind', value: ({ kind }) => kind },
  { key: 'errors', value: ({ mistakes }) => countErrors(mistakes), align: 'right' },
  {
    key: 'warnings',
    value: ({ mistakes }) => mistakes.length - countErrors(mistakes),
    align: 'right',
  },
];

export default class ConfigCheck extends MonCommand {
  static override summary = 'Check configuration files, and the files they name';
  static override description = prose(`
Reads a prometheus.yml, an alertmanager.yml, mon's own configuration or a rule file, told apart by
their keys, and shows every mistake at once with file, line and column. Rule files and the
alertmanager.yml that a configuration names are checked with it. Needs no server. Ends with 1 where
there is an error; what mon knows and does not use is a warning.
`);
  static override examples = [
    '<%= config.bin %> config check prometheus.yml',
    '<%= config.bin %> config check prometheus.yml alertmanager.yml --strict',
  ];
  static override args = {
    files: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'Configuration files',
    }),
  };
  static override flags = {
    strict: Flags.boolean({ summary: 'Take warnings as errors' }),
    ...outputFlag,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(ConfigCheck);
    const checked: CheckedConfig[] = [];
    for (const file of args.files) checked.push(await checkConfig(file));
    remarkMistakes(checked);
    this.printRows(flags.output, COLUMNS, checked);
    const mistakes = checked.flatMap((config) => config.mistakes);
    const failures = flags.strict ? mistakes.length : countErrors(mistakes);
    if (failures > 0) process.exitCode = EXIT.failed;
  }
}
