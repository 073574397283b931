/**
 * Go's string and character literals: reading them, and writing them as `%q` does.
 *
 * Source: https://go.dev/ref/spec#String_literals
 */

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))/g;

/** The text of a literal in double, single or back quotes; undefined where an escape is wrong. */
export function unquoteGo(literal: string): string | undefined {
  const quote = literal[0];
  const inner = literal.slice(1, -1);
  if (quote === '`') return inner.replaceAll('\r', '');
  let isWrong = false;
  const text = inner.replace(ESCAPE, (_, hex, short, long, octal, simple) => {
    const code = hex ?? short ?? long;
    if (code !== undefined) return fromCode(Number.parseInt(code, 16));
    if (octal !== undefined) return fromCode(Number.parseInt(octal, 8));
    const isQuote = simple === '"' || simple === "'";
    const char = isQuote && simple !== quote ? undefined : SIMPLE[simple];
    if (char === undefined) isWrong = true;
    return char ?? '';
  });
  function fromCode(code: number): string {
    if (code > 0x10ffff) isWrong = true;
    return code > 0x10ffff ? '' : String.fromCodePoint(code);
  }
  return isWrong ? undefined : text;
}

/** A text as a Go literal in double quotes. */
export function quoteGo(text: string): string {
  let quoted = '"';
  for (const char of text) {
    const simple = Object.entries(SIMPLE).find(([, real]) => real === char && char !== "'");
    const code = char.codePointAt(0) ?? 0;
    if (simple) quoted += `\\${simple[0]}`;
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
    else quoted += char;
  }
  return `${quoted}"`;
}
