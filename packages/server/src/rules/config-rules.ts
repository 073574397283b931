/**
 * The rules of configuration files: `rule_files`, with wildcards.
 */
import { glob } from 'node:fs/promises';
import { type Mistake, SettingsError } from '@mon/storage/settings/mistake';
import { readSettingsFile } from '@mon/storage/settings/read-settings';
import { type RuleGroup, readRuleFile } from './rule-file.ts';

export interface ConfigRules {
  readonly groups: readonly RuleGroup[];
  readonly warnings: readonly Mistake[];
  /** Patterns that match no file. */
  readonly unmatched: readonly string[];
}

/**
 * Reads all rule files that the patterns match, in order of their names.
 *
 * @param patterns absolute
 * @throws SettingsError with the mistakes of all files; MonError `config-unreadable`
 */
export async function readConfigRules(patterns: readonly string[]): Promise<ConfigRules> {
  const groups: RuleGroup[] = [];
  const mistakes: Mistake[] = [];
  const unmatched: string[] = [];
  const files = new Set<string>();
  for (const pattern of patterns) {
    const found: string[] = [];
    for await (const file of glob(pattern)) found.push(file);
    if (found.length === 0) unmatched.push(pattern);
    for (const file of found.sort()) files.add(file);
  }
  for (const file of files) {
    try {
      const read = readRuleFile({ file, text: await readSettingsFile(file) });
      // Two files of one name in different folders are different files.
      groups.push(...read.file.groups.map((group) => inFile(group, file)));
      mistakes.push(...read.warnings);
    } catch (thrown) {
      if (!(thrown instanceof SettingsError)) throw thrown;
      mistakes.push(...thrown.mistakes);
    }
  }
  const broken = mistakes.find((mistake) => mistake.severity === 'error');
  if (broken) throw new SettingsError(broken.file, mistakes);
  return { groups, warnings: mistakes, unmatched };
}

function inFile(group: RuleGroup, file: string): RuleGroup {
  return { ...group, definition: { ...group.definition, file } };
}
