/**
 * Starts the command line: finds the command, runs it, turns what it throws into an exit code.
 *
 * Every way out goes through here, so that an error always has the form of `error-text.ts` and a
 * code of `exit-code.ts`.
 */
import { fileURLToPath } from 'node:url';
import { Config, Errors, run } from '@oclif/core';
import { errorText } from './error-text.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { exitOnInterrupt } from './interrupt.ts';
import { endOnUncaught } from './last-error.ts';
import { unexpectedArguments, unknownCommand } from './usage-error.ts';

export async function main(entryUrl: string): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    // oclif's own listener throws where a terminal went away.
    stream.removeAllListeners('error').on('error', endQuietly);
  }
  exitOnInterrupt();
  endOnUncaught();
  try {
    const config = await Config.load(fileURLToPath(new URL('..', entryUrl)));
    const argv = withHelpFlag(process.argv.slice(2));
    refuseUnknownCommand(argv, config);
    await run(argv, config);
  } catch (thrown) {
    process.exitCode = reportError(thrown);
  }
}

/** `mon help rules diff` means `mon rules diff --help`. */
function withHelpFlag(argv: readonly string[]): string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
}

/** Writes the error to standard error; returns the exit code. */
function reportError(thrown: unknown): number {
  if (thrown instanceof Errors.ExitError) return thrown.oclif.exit ?? EXIT.done;
  process.stderr.write(`${errorText(thrown)}\n`);
  return exitCodeOf(thrown);
}

/**
 * Ends before oclif answers a misspelt command of a topic with the topic's help and success.
 *
 * @throws MonError `usage`
 */
function refuseUnknownCommand(argv: readonly string[], config: Config): void {
  const commands = config.commandIDs.map((id) => id.replaceAll(':', ' '));
  const topics = config.topics.map(({ name }) => name.replaceAll(':', ' '));
  const known = [...commands, ...topics];
  const words: string[] = [];
  for (const word of argv) {
    if (word.startsWith('-')) break;
    const path = [...words, word].join(' ');
    if (commands.includes(path)) {
      refuseArguments(path, argv.slice(words.length + 1), config);
      return;
    }
    words.push(word);
    if (!topics.includes(path)) throw unknownCommand(words, known);
  }
  const first = argv[words.length];
  const asksForHelp = first === undefined || first === '--help' || first === '--version';
  if (!asksForHelp) throw unknownCommand([...words, first], known);
}

/** A word behind a command without arguments would make oclif look for a command of that name. */
function refuseArguments(path: string, rest: readonly string[], config: Config): void {
  const command = config.findCommand(path.replaceAll(' ', ':'), { must: true });
  const first = rest[0];
  if (first === undefined || first.startsWith('-')) return;
  if (Object.keys(command.args).length === 0) throw unexpectedArguments([first], path);
}

/**
 * The reader of a pipe went away (`mon query ... | head -1`): nothing is wrong. Where a terminal
 * went away, SIGHUP says so as well.
 */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  if (error.code === 'EIO') return;
  throw error;
}
