/**
 * Output that is drawn over in place, for `--watch` on a terminal; and the terminal's size.
 */
import { MonError } from '@mon/storage/model/error';

const HOME = '\u001b[H';
const CLEAR_SCREEN = '\u001b[2J';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** A terminal at both ends: someone looks at it. */
export function isInteractive(): boolean {
  return process.stdout.isTTY === true;
}

/** @throws MonError `no-terminal` where standard input or output is not a terminal */
export function needTerminal(command: string): void {
  if (process.stdout.isTTY === true && process.stdin.isTTY === true) return;
  throw new MonError({
    code: 'no-terminal',
    what: `Cannot run \`${command}\``,
    why: 'standard input or output is not a terminal',
    mend: 'Use `mon query` in scripts and pipes.',
  });
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The terminal's size; 80x24 where standard output is none. */
export function terminalSize(): TerminalSize {
  const { columns, rows } = process.stdout;
  return { columns: columns || 80, rows: rows || 24 };
}

/** Draws each text over the one before; one write a frame, so that nothing flickers. */
export class Repaint {
  readonly #stream: NodeJS.WriteStream;
  #isFirst = true;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    const rows = (this.#stream.rows || 24) - 1;
    const lines = text.trimEnd().split('\n').slice(0, rows);
    const frame = lines.map((line) => `${line}${CLEAR_TO_LINE_END}\n`).join('');
    this.#stream.write(`${this.#isFirst ? CLEAR_SCREEN : ''}${HOME}${frame}${CLEAR_BELOW}`);
    this.#isFirst = false;
  }
}
