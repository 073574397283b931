/**
 * String literals of PromQL: double and single quotes with Go's escapes, backticks without.
 *
 * `\xHH` and octal escapes name bytes; bytes that are no UTF-8 become U+FFFD, as text here has no
 * room for them. Source: Prometheus util/strutil/quote.go.
 */

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
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

const ESCAPE =
  /\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\'"]))/g;

/** The text that a literal (with its quotes, checked by the lexer) stands for. */
export function unquote(literal: string): string {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`') || !body.includes('\\')) return body;
  return /\\(?:x|[0-7])/.test(body) ? unescapeBytes(body) : unescapeText(body);
}

function unescapeText(body: string): string {
  return body.replace(ESCAPE, (_, _octal, _hex, short, long, simple: string | undefined) =>
    simple === undefined
      ? String.fromCodePoint(Number.parseInt(short ?? long, 16))
      : (SIMPLE_ESCAPES[simple] as string),
  );
}

function unescapeBytes(body: string): string {
  const parts: Uint8Array[] = [];
  const encoder = new TextEncoder();
  let last = 0;
  for (const match of body.matchAll(ESCAPE)) {
    parts.push(encoder.encode(body.slice(last, match.index)));
    last = match.index + match[0].length;
    const [whole, octal, hex] = match;
    if (octal !== undefined) parts.push(Uint8Array.of(Number.parseInt(octal, 8)));
    else if (hex !== undefined) parts.push(Uint8Array.of(Number.parseInt(hex, 16)));
    else parts.push(encoder.encode(unescapeText(whole)));
  }
  parts.push(encoder.encode(body.slice(last)));
  return new TextDecoder().decode(Buffer.concat(parts));
}

/**
 * What is wrong with the escape at the start of `rest` (which begins with a backslash), or
 * undefined; `delimiter` is the quote around the string.
 */
export function escapeFault(rest: string, delimiter: string): string | undefined {
  const next = rest.codePointAt(1);
  if (next === undefined) return 'escape sequence not terminated';
  const letter = String.fromCodePoint(next);
  if (letter === delimiter || (letter in SIMPLE_ESCAPES && !`'"`.includes(letter)))
    return undefined;
  const form = numericEscape(letter);
  if (form === undefined) return `unknown escape sequence ${unicodeName(letter)}`;
  const digits = rest.slice(form.skip, form.skip + form.count);
  const bad = [...digits].find((digit) => !(Number.parseInt(digit, form.radix) >= 0));
  if (bad !== undefined) return `illegal character ${unicodeName(bad)} in escape sequence`;
  if (digits.length < form.count) return 'escape sequence not terminated';
  const value = Number.parseInt(digits, form.radix);
  const isSurrogate = value >= 0xd800 && value < 0xe000;
  return value > form.max || isSurrogate
    ? 'escape sequence is an invalid Unicode code point'
    : undefined;
}

function numericEscape(
  letter: string,
): { skip: number; count: number; radix: number; max: number } | undefined {
  switch (letter) {
    case 'x':
      return { skip: 2, count: 2, radix: 16, max: 0xff };
    case 'u':
      return { skip: 2, count: 4, radix: 16, max: 0x10ffff };
    case 'U':
      return { skip: 2, count: 8, radix: 16, max: 0x10ffff };
    default:
      return /[0-7]/.test(letter) ? { skip: 1, count: 3, radix: 8, max: 0xff } : undefined;
  }
}

function unicodeName(character: string): string {
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code} '${character}'`;
}

/** A literal in double quotes that `unquote` reads back. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** One character as error texts show it: `'x'`. */
export function quoteCharacter(text: string, offset: number): string {
  const code = text.codePointAt(offset);
  if (code === undefined) return "'\uFFFD'";
  const character = String.fromCodePoint(code);
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}
