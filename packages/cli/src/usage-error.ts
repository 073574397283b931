/**
 * Wrong usage, in the form of every other error: what oclif's parser throws becomes a MonError
 * `usage` that names the flag or argument and what to write instead.
 */
import { MonError } from '@mon/storage/model/error';
import { nearestWord } from '@mon/storage/model/nearest-word';
import type { Command } from '@oclif/core';

/** What a parser error of oclif may carry beside its message. */
interface ParserFault {
  readonly message: string;
  readonly parse?: unknown;
  readonly oclif?: { readonly exit?: number };
  /** NonExistentFlagsError: as typed. */
  readonly flags?: readonly string[];
  /** UnexpectedArgsError: as typed; RequiredArgsError: definitions. */
  readonly args?: readonly (string | { readonly name: string })[];
}

/** Which command was parsed: its words (`rules apply`) and its definition. */
export interface ParsedCommand {
  readonly words: string;
  /** Undefined for a command without flags. */
  readonly flags: Command.Class['flags'] | undefined;
}

/** A MonError where `thrown` is a fault of usage, else `thrown` itself. */
export function usageError(thrown: unknown, command: ParsedCommand): unknown {
  if (!isParserFault(thrown)) return thrown;
  const what = `Cannot run \`mon ${command.words}\``;
  const help = `See \`mon ${command.words} --help\`.`;
  if (thrown.flags !== undefined) return unknownFlags(thrown.flags, command);
  if (thrown.args !== undefined) {
    const names = thrown.args.map((arg) =>
      typeof arg === 'string' ? arg : arg.name.toUpperCase(),
    );
    const isUnexpected = typeof thrown.args[0] === 'string';
    if (isUnexpected) return unexpectedArguments(names, command.words);
    const why = `the argument ${names.join(', ')} is missing`;
    return new MonError({ code: 'usage', what, why, mend: help });
  }
  return new MonError({ code: 'usage', what, why: firstLines(thrown.message), mend: help });
}

function isParserFault(thrown: unknown): thrown is ParserFault {
  return thrown instanceof Error && ('parse' in thrown || 'oclif' in thrown);
}

function unknownFlags(typed: readonly string[], command: ParsedCommand): MonError {
  const known = Object.keys(command.flags ?? {}).map((name) => `--${name}`);
  const suggestion = nearestWord(typed[0] ?? '', known);
  const hint = suggestion === undefined ? '' : `Did you mean ${suggestion}? `;
  return new MonError({
    code: 'usage',
    what: `Cannot run \`mon ${command.words}\``,
    why: `it has no flag ${typed.join(', ')}`,
    mend: `${hint}See \`mon ${command.words} --help\`.`,
  });
}

/** The parser's message on one line, without its pointer to --help. */
function firstLines(message: string): string {
  return message
    .replace(/\nSee more help with --help$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Parsing (--\S+) \n?\s*/, '$1: ')
    .replace(/Missing required flag (\S+)/g, 'the flag --$1 is missing')
    .split(/\s*\n\s*/)
    .join(' ');
}

/** The error for words that a command does not take. */
export function unexpectedArguments(typed: readonly string[], words: string): MonError {
  const quoted = typed.map((name) => JSON.stringify(name)).join(', ');
  return new MonError({
    code: 'usage',
    what: `Cannot run \`mon ${words}\``,
    why: `it takes no argument ${quoted}`,
    mend: `Put what has spaces in quotes. See \`mon ${words} --help\`.`,
  });
}

/** The error for a command that does not exist. */
export function unknownCommand(typed: readonly string[], known: readonly string[]): MonError {
  const words = typed.join(' ');
  if (words.startsWith('-')) {
    return new MonError({
      code: 'usage',
      what: `Cannot run \`mon ${words}\``,
      why: 'a command comes first, then its flags',
      mend: 'See `mon --help`.',
    });
  }
  const suggestion = nearestWord(words, known) ?? nearestWord(typed[0] ?? '', known);
  const hint = suggestion === undefined ? '' : `Did you mean \`mon ${suggestion}\`? `;
  return new MonError({
    code: 'usage',
    what: `Cannot run \`mon ${words}\``,
    why: 'there is no such command',
    mend: `${hint}See \`mon --help\`.`,
  });
}
