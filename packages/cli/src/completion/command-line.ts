/**
 * The command line as completion scripts need it: words, flags and what values they take.
 */
import type { Config } from '@oclif/core';

export interface CommandWord {
  /** `rules apply`, or a topic alone: `rules`. */
  readonly path: string;
  readonly summary: string;
  /** Undefined for a topic. */
  readonly command: CommandShape | undefined;
}

export interface CommandShape {
  readonly flags: readonly FlagShape[];
  /** Whether its arguments are files. */
  readonly takesFiles: boolean;
}

export interface FlagShape {
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  readonly value: FlagValue;
}

/** What follows a flag: nothing, a word of a list, a file, or anything. */
export type FlagValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'text' };

const NO_VALUE: FlagValue = { kind: 'none' };
const HELP_FLAG: FlagShape = {
  name: 'help',
  char: undefined,
  summary: 'Show help',
  value: NO_VALUE,
};

/** All topics and commands, by path. */
export function commandWords(config: Config): CommandWord[] {
  const words = new Map<string, CommandWord>();
  for (const { name, description = '' } of config.topics) {
    const path = name.replaceAll(':', ' ');
    words.set(path, { path, summary: description, command: undefined });
  }
  for (const { id, summary = '', flags, args, hidden } of config.commands) {
    if (hidden) continue;
    const path = id.replaceAll(':', ' ');
    const shapes = Object.values(flags).flatMap((flag): FlagShape[] => {
      if (flag.hidden) return [];
      const { name, char, summary: text = '' } = flag;
      return [{ name, char, summary: text, value: flagValue(flag) }];
    });
    const takesFiles = Object.keys(args).some((name) => /^files?$/.test(name));
    words.set(path, { path, summary, command: { flags: [...shapes, HELP_FLAG], takesFiles } });
  }
  return [...words.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function flagValue(flag: Config['commands'][number]['flags'][string]): FlagValue {
  if (flag.type === 'boolean') return NO_VALUE;
  if (flag.options !== undefined) return { kind: 'words', words: flag.options };
  const wanted = String(flag.helpValue ?? '');
  return { kind: wanted === 'FILE' || wanted === 'DIR' ? 'file' : 'text' };
}

/** The words that may follow a path, with their summaries. */
export function nextWords(words: readonly CommandWord[], path: string): CommandWord[] {
  const prefix = path === '' ? '' : `${path} `;
  return words.filter(
    (word) =>
      word.path !== path &&
      word.path.startsWith(prefix) &&
      !word.path.slice(prefix.length).includes(' '),
  );
}

/** The last word of a path. */
export function lastWord(path: string): string {
  return path.slice(path.lastIndexOf(' ') + 1);
}
