/**
 * Styled text: what charts and screens are made of before a terminal or a test takes it.
 *
 * A line is a list of spans; colour is the terminal's own palette, so that themes keep working.
 */
import { Chalk, type ChalkInstance } from 'chalk';
import { cutToWidth, displayWidth } from './width.ts';

export type Color =
  | 'red'
  | 'green'
  | 'yellow'
  | 'blue'
  | 'magenta'
  | 'cyan'
  | 'gray'
  | 'redBright'
  | 'greenBright'
  | 'yellowBright'
  | 'blueBright'
  | 'magentaBright'
  | 'cyanBright';

export interface Span {
  readonly text: string;
  readonly color?: Color | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
}

export type Line = readonly Span[];

/** Colours of a chart's series, in order, repeated where there are more series. */
export const SERIES_COLORS: readonly Color[] = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'red',
  'cyanBright',
  'yellowBright',
  'greenBright',
  'magentaBright',
];

export function seriesColor(index: number): Color {
  return SERIES_COLORS[index % SERIES_COLORS.length] as Color;
}

export function lineWidth(line: Line): number {
  return line.reduce((width, { text }) => width + displayWidth(text), 0);
}

/** The line cut to `width` columns. */
export function cutLine(line: Line, width: number): Line {
  if (lineWidth(line) <= width) return line;
  const kept: Span[] = [];
  let room = width;
  for (const span of line) {
    const text = cutToWidth(span.text, room);
    room -= displayWidth(text);
    kept.push({ ...span, text });
    if (room <= 0) break;
  }
  return kept;
}

/** The text alone, each line ended by a newline. */
export function plainText(lines: readonly Line[]): string {
  return lines
    .map(
      (line) =>
        `${line
          .map(({ text }) => text)
          .join('')
          .trimEnd()}\n`,
    )
    .join('');
}

/** The text with ANSI escapes where `colors`, else as `plainText`. */
export function paint(lines: readonly Line[], colors: boolean): string {
  if (!colors) return plainText(lines);
  const chalk = new Chalk({ level: 1 });
  return lines.map((line) => `${line.map((span) => paintSpan(span, chalk)).join('')}\n`).join('');
}

function paintSpan({ text, color, bold, dim, inverse }: Span, chalk: ChalkInstance): string {
  let style = chalk;
  if (bold) style = style.bold;
  if (dim) style = style.dim;
  if (inverse) style = style.inverse;
  return color === undefined ? style(text) : style[color](text);
}

/** Whether a stream shows colours: a terminal that is not dumb, NO_COLOR unset (no-color.org). */
export function showsColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const isRefused = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return stream.isTTY === true && !isRefused && env['TERM'] !== 'dumb';
}
