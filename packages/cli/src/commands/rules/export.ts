/**
 * `mon rules export`: an applied set as rule files.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JsonRuleGroup } from '@mon/server/api/rule-responses';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { Flags } from '@oclif/core';
import { stringify } from 'yaml';
import { connectionFlags, MonCommand } from '../../command.ts';
import { prose } from '../../prose.ts';
import { getSet, setFlag } from '../../rule-set.ts';

export default class RulesExport extends MonCommand {
  static override summary = 'Write an applied set as rule files';
  static override description = prose(`
Without --dir all groups are printed as one rule file. With it each group goes into the file that it
was applied from, so that applying the directory again changes nothing.
`);
  static override examples = [
    '<%= config.bin %> rules export > rules.yml',
    '<%= config.bin %> rules export --set shop --dir rules/',
  ];
  static override flags = {
    set: setFlag,
    dir: Flags.string({ helpValue: 'DIR', summary: 'Directory to write files into' }),
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.usage(RulesExport);
    const { groups } = await this.withClient(flags, (client) => getSet(client, flags.set));
    if (groups.length === 0) return this.remark(`The set ${flags.set} is empty.`);
    if (flags.dir === undefined) return this.print(ruleFile(groups));
    for (const file of await writeGroups(flags.dir, groups)) this.remark(`Wrote ${file}.`);
  }
}

/** @throws MonError `cannot-write` */
async function writeGroups(dir: string, groups: readonly JsonRuleGroup[]): Promise<string[]> {
  const byFile = Map.groupBy(groups, ({ file }) => basename(file));
  const written: string[] = [];
  try {
    await mkdir(dir, { recursive: true });
    for (const [file, own] of byFile) {
      const path = join(dir, file);
      await writeFile(path, ruleFile(own));
      written.push(path);
    }
  } catch (cause) {
    throw new MonError({
      code: 'cannot-write',
      what: `Cannot write rule files into ${dir}`,
      why: reasonOf(cause),
      mend: 'Name a directory that you may write into.',
      cause,
    });
  }
  return written;
}

/** A rule file in Prometheus's format. */
function ruleFile(groups: readonly JsonRuleGroup[]): string {
  const own = groups.map(({ file: _, ...group }) => group);
  return stringify({ groups: own }, { lineWidth: 0 });
}
