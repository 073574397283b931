/**
 * From an offset in a scalar's text to the offset in the YAML that it was written as: quotes,
 * escapes, indentation and folded line breaks lie between the two.
 */

export interface WrittenScalar {
  /** As in the file, from the first quote, `|`, `>` or character on. */
  readonly written: string;
  /** As read. */
  readonly text: string;
}

/** Offset in `written` of the character at `offset` of `text`; its end where there is none. */
export function writtenOffset({ written, text }: WrittenScalar, offset: number): number {
  const first = written[0];
  if (first === '|' || first === '>') return inBlock({ written, text }, offset);
  const quote = first === '"' || first === "'" ? first : '';
  let at = quote.length;
  for (let i = 0; i < Math.min(offset, text.length); i++) {
    at = skipFold(written, at, text[i] as string);
    at += lengthWritten(written, at, quote);
  }
  return skipFold(written, at, text[offset] ?? '');
}

/** How many characters of the file the next one of the text takes. */
function lengthWritten(written: string, at: number, quote: string): number {
  if (quote === "'" && written.startsWith("''", at)) return 2;
  if (quote !== '"' || written[at] !== '\\') return 1;
  const wide: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };
  return wide[written[at + 1] ?? ''] ?? 2;
}

/** A line break and its indentation stand for one space, or for the line breaks after the first. */
function skipFold(written: string, at: number, next: string): number {
  const fold = /^[ \t]*\r?\n\s*/.exec(written.slice(at));
  if (!fold) return at;
  const end = at + fold[0].length;
  return next === ' ' || next === '\n' ? end - 1 : end;
}

function inBlock({ written, text }: WrittenScalar, offset: number): number {
  const content = written.indexOf('\n') + 1;
  const lines = written.slice(content).split('\n');
  const isBlank = (line: string): boolean => line.trim() === '';
  const firstLine = lines.find((line) => !isBlank(line)) ?? '';
  const firstText = text.split('\n').find((line) => !isBlank(line)) ?? '';
  const indent = leadingSpaces(firstLine) - leadingSpaces(firstText);
  // Literal and folded blocks keep every character but the indentation, in order.
  let at = content;
  let seen = 0;
  for (const line of lines) {
    const length = Math.max(0, line.length - indent) + 1;
    if (offset < seen + length) return at + Math.min(indent, line.length) + offset - seen;
    seen += length;
    at += line.length + 1;
  }
  return written.length;
}

function leadingSpaces(line: string): number {
  return line.length - line.trimStart().length;
}
