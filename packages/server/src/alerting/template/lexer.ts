/**
 * Cuts a template's text into tokens: plain text, and what stands between `{{` and `}}`.
 *
 * The first mistake ends the tokens with one of kind `error`; the parser reports it when it gets
 * there, so that an earlier mistake of the grammar is named first.
 * Format: https://pkg.go.dev/text/template
 */

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'comma'
  | 'left-paren'
  | 'right-paren'
  | 'dot'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'keyword'
  | 'nil'
  | 'bool'
  | 'number'
  | 'char'
  | 'string'
  | 'raw-string'
  | 'end-of-text'
  | 'error';

export interface Token {
  readonly kind: TokenKind;
  /** As written; for `error` the mistake. */
  readonly text: string;
  readonly offset: number;
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

const SPACE = /[ \t\r\n]/;
const WORD = /[\p{L}\p{Nd}_]/u;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)/y;

/** Cuts the whole text; the last token is `end-of-text` or `error`. */
export function lexTemplate(text: string): readonly Token[] {
  return new Lexer(text).run();
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #parens = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): readonly Token[] {
    let trimsLeft = false;
    for (;;) {
      const open = this.#text.indexOf('{{', this.#at);
      this.#plainText(open < 0 ? this.#text.length : open, trimsLeft);
      if (open < 0) return this.#end('end-of-text', '');
      const trimsRight = /^-[ \t\r\n]/.test(this.#text.slice(open + 2, open + 4));
      if (trimsRight) this.#trimLastText();
      this.#at = open + (trimsRight ? 3 : 2);
      if (this.#isComment()) {
        const skipped = this.#skipComment(open);
        if (skipped === undefined) return this.#tokens;
        trimsLeft = skipped;
        continue;
      }
      this.#push('open', open, this.#at);
      const closed = this.#action(open);
      if (closed === undefined) return this.#tokens;
      trimsLeft = closed;
    }
  }

  #plainText(end: number, trimsLeft: boolean): void {
    let start = this.#at;
    if (trimsLeft) while (start < end && SPACE.test(this.#text[start] as string)) start++;
    if (end > start) this.#push('text', start, end);
    this.#at = end;
  }

  #trimLastText(): void {
    const last = this.#tokens.at(-1);
    if (last?.kind !== 'text') return;
    this.#tokens.pop();
    const text = last.text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') this.#tokens.push({ ...last, text });
  }

  #isComment(): boolean {
    // Right behind `{{`, or behind `{{-` and its one space.
    return this.#text.startsWith('/*', this.#at + (this.#text[this.#at - 1] === '-' ? 1 : 0));
  }

  /** Whether the text after the comment is trimmed; undefined after a mistake. */
  #skipComment(open: number): boolean | undefined {
    const start = this.#text.indexOf('/*', this.#at);
    const end = this.#text.indexOf('*/', start + 2);
    if (end < 0) return this.#mistake(open, 'unclosed comment');
    const close = /^(?:[ \t\r\n]-)?\}\}/.exec(this.#text.slice(end + 2));
    if (!close) return this.#mistake(open, 'comment ends before closing delimiter');
    this.#at = end + 2 + close[0].length;
    return close[0].length > 2;
  }

  /** Tokens up to and with `}}`; whether it trims what follows; undefined after a mistake. */
  #action(open: number): boolean | undefined {
    this.#parens = 0;
    for (;;) {
      const close = /^(?:[ \t\r\n]-)?\}\}/.exec(this.#text.slice(this.#at, this.#at + 4));
      if (close) {
        if (this.#parens > 0) return this.#mistake(this.#at, 'unclosed left paren');
        this.#push('close', this.#at, this.#at + close[0].length);
        return close[0].length > 2;
      }
      if (this.#at >= this.#text.length) return this.#mistake(open, 'unclosed action');
      if (!this.#insideAction()) return undefined;
    }
  }

  /** One token of an action; false after a mistake. */
  #insideAction(): boolean {
    const start = this.#at;
    const char = this.#text[start] as string;
    if (SPACE.test(char)) return this.#spaces();
    if (/[0-9+-]/.test(char) || /^\.[0-9]/.test(this.#text.slice(start, start + 2))) {
      return this.#number();
    }
    if (WORD.test(char)) return this.#word();
    switch (char) {
      case '=':
        return this.#push('assign', start, start + 1);
      case ':':
        if (this.#text[start + 1] === '=') return this.#push('declare', start, start + 2);
        return this.#refuse(start, 'expected :=');
      case '|':
        return this.#push('pipe', start, start + 1);
      case ',':
        return this.#push('comma', start, start + 1);
      case '(':
        this.#parens++;
        return this.#push('left-paren', start, start + 1);
      case ')':
        if (--this.#parens < 0) return this.#refuse(start, 'unexpected right paren');
        return this.#push('right-paren', start, start + 1);
      case '"':
        return this.#quoted('string', /"(?:[^"\\\n]|\\[^\n])*"/y, 'unterminated quoted string');
      case "'":
        return this.#quoted('char', /'(?:[^'\\\n]|\\[^\n])*'/y, 'unterminated character constant');
      case '`':
        return this.#quoted('raw-string', /`[^`]*`/y, 'unterminated raw quoted string');
      case '.':
        return this.#dotted('field', 'dot');
      case '$':
        return this.#dotted('variable', 'variable');
      default:
        return this.#refuse(start, `unrecognized character in action: ${describe(char)}`);
    }
  }

  #spaces(): boolean {
    let end = this.#at;
    while (end < this.#text.length && SPACE.test(this.#text[end] as string)) {
      // A space before the trim marker belongs to the delimiter.
      if (this.#text.startsWith('-}}', end + 1)) break;
      end++;
    }
    if (end === this.#at) return true;
    return this.#push('space', this.#at, end);
  }

  #number(): boolean {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    const end = this.#at + (match?.[0].length ?? 1);
    if (match && !WORD.test(this.#text[end] ?? '')) return this.#push('number', this.#at, end);
    const word = /^[+-]?[\w.]*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    return this.#refuse(this.#at, `bad number syntax: ${JSON.stringify(word)}`);
  }

  #word(): boolean {
    const end = this.#wordEnd(this.#at);
    if (!this.#endsWord(end)) return this.#refuseCharacter(end);
    const word = this.#text.slice(this.#at, end);
    if (KEYWORDS.has(word)) return this.#push('keyword', this.#at, end);
    if (word === 'nil') return this.#push('nil', this.#at, end);
    const isBool = word === 'true' || word === 'false';
    return this.#push(isBool ? 'bool' : 'identifier', this.#at, end);
  }

  /** `.name` or `$name`, or the sign alone. */
  #dotted(kind: 'field' | 'variable', alone: 'dot' | 'variable'): boolean {
    const end = this.#wordEnd(this.#at + 1);
    if (!this.#endsWord(end)) return this.#refuseCharacter(end);
    return this.#push(end === this.#at + 1 ? alone : kind, this.#at, end);
  }

  #quoted(kind: TokenKind, pattern: RegExp, mistake: string): boolean {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return this.#refuse(this.#at, mistake);
    return this.#push(kind, this.#at, this.#at + match[0].length);
  }

  #wordEnd(start: number): number {
    let end = start;
    while (end < this.#text.length && WORD.test(this.#text[end] as string)) end++;
    return end;
  }

  #endsWord(at: number): boolean {
    return at >= this.#text.length || /[\s.,|:)(}]/.test(this.#text[at] as string);
  }

  #refuseCharacter(at: number): boolean {
    return this.#refuse(at, `bad character ${describe(this.#text[at] as string)}`);
  }

  #push(kind: TokenKind, start: number, end: number): true {
    this.#tokens.push({ kind, text: this.#text.slice(start, end), offset: start });
    this.#at = end;
    return true;
  }

  #refuse(offset: number, mistake: string): false {
    this.#mistake(offset, mistake);
    return false;
  }

  #mistake(offset: number, mistake: string): undefined {
    this.#tokens.push({ kind: 'error', text: mistake, offset });
  }

  #end(kind: TokenKind, text: string): readonly Token[] {
    this.#tokens.push({ kind, text, offset: this.#text.length });
    return this.#tokens;
  }
}

/** `U+0025 '%'`, as Go names a character. */
function describe(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code} '${char}'`;
}
