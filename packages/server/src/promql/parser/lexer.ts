/**
 * Query text to tokens, one at a time.
 *
 * What a character means depends on whether a brace or a bracket is open, never on the grammar.
 * After a token of kind `error` or `end` only that kind follows. White space and `#` comments are
 * skipped. Source of the rules: Prometheus promql/parser/lex.go.
 */
import { escapeFault, quote, quoteCharacter } from './quote.ts';
import { type Token, type TokenKind, wordKind } from './token.ts';

const SPACE_OR_COMMENT = /(?:[ \t\r\n]|#[^\r\n]*)+/y;
const WORD = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const LABEL_NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const DURATION_WORD = /(?:step|range|max_of|min_of)(?![A-Za-z0-9_])/iy;
const HEX_NUMBER = /0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*(?!\w)/y;
const NUMBER =
  /(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?(?![\w.])/y;
const DURATION = /[\d.]+[smhdwy]s?(?:\d+[smhdw]s?)*(?!\w)/y;
const NUMBER_LIKE = /[\w.]+/y;
const OPERATOR = /==|!=|>=|<=|[-+*/%^=<>@,]/y;
const BRACKET_OPERATOR = /[-+*/%^,]/y;
const BRACE_OPERATOR = /=~|!~|!=|=|,/y;
const BEFORE_PAREN = /[ \t\r\n]*\(/y;
const STRING_PART = /[^\\\n"']+/y;

export class Lexer {
  readonly #text: string;
  #at = 0;
  #parens = 0;
  #inBraces = false;
  #inBrackets = false;
  /** Within the open bracket. */
  #sawColon = false;
  #sawDuration = false;
  #last: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    if (this.#last !== undefined) return this.#last;
    this.#at += this.#match(SPACE_OR_COMMENT).length;
    const token = this.#scan();
    if (token.kind === 'error' || token.kind === 'end') this.#last = token;
    return token;
  }

  #scan(): Token {
    const character = this.#text.charAt(this.#at);
    if (character === '') return this.#end();
    if (this.#inBraces) return this.#scanInBraces(character);
    if (/[\d.]/.test(character)) return this.#scanNumber();
    if (character === '(') {
      this.#parens++;
      return this.#token('(', 1);
    }
    if (character === ')') return this.#closeParen();
    if (character === ']') return this.#closeBracket();
    if (`"'\``.includes(character)) return this.#scanString(character);
    return this.#inBrackets ? this.#scanInBrackets(character) : this.#scanStatement(character);
  }

  #scanStatement(character: string): Token {
    const word = this.#match(WORD);
    if (word !== '') return this.#token(this.#kindOf(word), word.length);
    if (character === '{') {
      this.#inBraces = true;
      return this.#token('{', 1);
    }
    if (character === '[') {
      this.#inBrackets = true;
      this.#sawColon = false;
      this.#sawDuration = false;
      return this.#token('[', 1);
    }
    const operator = this.#match(OPERATOR);
    const next = this.#text.charAt(this.#at + 1);
    if (character === '!' && operator === '') {
      return this.#error(`unexpected character after '!': ${this.#quoted(this.#at + 1)}`);
    }
    if (operator === '=' && next === '~') {
      return this.#error(`unexpected character after '=': '~'`);
    }
    if (operator !== '') return this.#token(operator as TokenKind, operator.length);
    return this.#error(`unexpected character: ${this.#quoted(this.#at)}`);
  }

  /** `fill` and its kin are keywords only before a parenthesis, so that metrics may have the name. */
  #kindOf(word: string): TokenKind {
    const kind = wordKind(word);
    if (kind !== 'fill' && kind !== 'fill_left' && kind !== 'fill_right') return kind;
    BEFORE_PAREN.lastIndex = this.#at + word.length;
    return BEFORE_PAREN.test(this.#text) ? kind : 'identifier';
  }

  #scanInBrackets(character: string): Token {
    if (character === ':') {
      if (!this.#sawDuration) {
        this.#at++;
        return this.#error('unexpected colon before duration in duration expression');
      }
      if (this.#sawColon) return this.#error("unexpected colon ':'");
      this.#sawColon = true;
      return this.#token(':', 1);
    }
    const word = this.#match(DURATION_WORD);
    if (word !== '') {
      this.#sawDuration = true;
      return this.#token(wordKind(word), word.length);
    }
    const operator = this.#match(BRACKET_OPERATOR);
    if (operator !== '') return this.#token(operator as TokenKind, operator.length);
    if (character === '[') return this.#error("unexpected left bracket '['");
    const quoted = this.#quoted(this.#at);
    if (!this.#sawDuration) {
      return this.#error(`unexpected character in duration expression: ${quoted}`);
    }
    const expectsColon = /[A-Za-z_]/.test(character) ? ", expected ':'" : '';
    return this.#error(`unexpected character: ${quoted}${expectsColon}`);
  }

  #scanInBraces(character: string): Token {
    const name = this.#match(LABEL_NAME);
    if (name !== '') return this.#token('identifier', name.length);
    const operator = this.#match(BRACE_OPERATOR);
    if (operator !== '') return this.#token(operator as TokenKind, operator.length);
    if (`"'\``.includes(character)) return this.#scanString(character);
    switch (character) {
      case '}':
        this.#inBraces = false;
        return this.#token('}', 1);
      case '{':
        return this.#error("unexpected left brace '{'");
      case '!': {
        const after = this.#quoted(this.#at + 1);
        return this.#error(`unexpected character after '!' inside braces: ${after}`);
      }
      default:
        return this.#error(`unexpected character inside braces: ${this.#quoted(this.#at)}`);
    }
  }

  #scanNumber(): Token {
    if (this.#inBrackets) this.#sawDuration = true;
    const number = this.#match(HEX_NUMBER) || this.#match(NUMBER);
    if (number !== '') return this.#token('number', number.length);
    const duration = this.#match(DURATION);
    if (duration !== '') return this.#token('duration', duration.length);
    const bad = this.#match(NUMBER_LIKE);
    return bad === '.' || bad === ''
      ? this.#error(`unexpected character: ${this.#quoted(this.#at)}`)
      : this.#error(`bad number or duration syntax: ${quote(bad)}`);
  }

  #scanString(delimiter: string): Token {
    const text = this.#text;
    if (delimiter === '`') {
      const close = text.indexOf('`', this.#at + 1);
      if (close < 0) return this.#error('unterminated raw string');
      return this.#token('string', close + 1 - this.#at);
    }
    let i = this.#at + 1;
    while (text.charAt(i) !== delimiter) {
      const character = text.charAt(i);
      if (character === '' || character === '\n') return this.#error('unterminated quoted string');
      if (character === '\\') {
        const fault = escapeFault(text.slice(i, i + 10), delimiter);
        if (fault !== undefined) return this.#error(fault);
        i += 2;
      } else {
        STRING_PART.lastIndex = i;
        i += STRING_PART.exec(text)?.[0].length ?? 1;
      }
    }
    return this.#token('string', i + 1 - this.#at);
  }

  #closeParen(): Token {
    if (this.#parens === 0) {
      this.#at++;
      return this.#error("unexpected right parenthesis ')'");
    }
    this.#parens--;
    return this.#token(')', 1);
  }

  #closeBracket(): Token {
    if (!this.#inBrackets) return this.#error("unexpected right bracket ']'");
    this.#inBrackets = false;
    return this.#token(']', 1);
  }

  #end(): Token {
    if (this.#inBraces) return this.#error('unexpected end of input inside braces');
    if (this.#inBrackets && !this.#sawDuration) {
      return this.#error('unexpected end of input in duration expression');
    }
    if (this.#parens > 0) return this.#error('unclosed left parenthesis');
    if (this.#inBrackets) return this.#error('unclosed left bracket');
    return this.#token('end', 0);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? '';
  }

  #token(kind: TokenKind, length: number): Token {
    const start = this.#at;
    this.#at += length;
    return { kind, text: this.#text.slice(start, this.#at), start, end: this.#at };
  }

  #error(reason: string): Token {
    return { kind: 'error', text: reason, start: this.#at, end: this.#text.length };
  }

  #quoted(offset: number): string {
    return quoteCharacter(this.#text, offset);
  }
}
