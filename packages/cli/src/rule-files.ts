/**
 * Rule files named on a command line: read all, report every mistake of all of them.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type RuleFile, readRuleFile } from '@mon/server/rules/rule-file';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { type Mistake, SettingsError } from '@mon/storage/settings/mistake';

/** What a file holds, or what is wrong in it. */
export interface CheckedFile {
  readonly file: string;
  /** Undefined where the file has errors. */
  readonly rules: RuleFile | undefined;
  /** Errors and warnings. */
  readonly mistakes: readonly Mistake[];
}

/**
 * Reads rule files; a directory stands for its `*.yml` and `*.yaml`.
 *
 * @throws MonError `config-unreadable` where a path cannot be read, `no-rule-files`
 */
export async function checkRuleFiles(paths: readonly string[]): Promise<CheckedFile[]> {
  const files = (await Promise.all(paths.map(expandPath))).flat();
  if (files.length === 0) {
    throw new MonError({
      code: 'no-rule-files',
      what: `Cannot read rules from ${paths.join(', ')}`,
      why: 'the directory holds no .yml or .yaml file',
      mend: 'Name rule files.',
    });
  }
  const texts = await Promise.all(files.map(readText));
  return files.map((file, i) => checkText(file, texts[i] as string));
}

function checkText(file: string, text: string): CheckedFile {
  try {
    const { file: rules, warnings } = readRuleFile({ file, text });
    return { file, rules, mistakes: warnings };
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    return { file, rules: undefined, mistakes: thrown.mistakes };
  }
}

async function expandPath(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path);
    return names
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(path: string, cause: unknown): MonError {
  return new MonError({
    code: 'config-unreadable',
    what: `Cannot read the rule file ${path}`,
    why: reasonOf(cause),
    mend: 'Name a readable file.',
    cause,
  });
}
