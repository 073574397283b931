/**
 * The parser's place in the token stream: the current token, how deep it is, and how to complain.
 */

import { nearestWord } from '@mon/storage/model/nearest-word';
import type { Span } from './ast.ts';
import { Lexer } from './lexer.ts';
import { PromqlSyntaxError } from './syntax-error.ts';
import { AGGREGATION_OPERATORS, describeToken, type Token, type TokenKind } from './token.ts';

/** Longest query taken, in UTF-16 units. */
export const QUERY_LENGTH_MAX = 1024 * 1024;

/** Deepest nesting of expressions, so that walking a tree never exhausts the stack. */
export const EXPR_DEPTH_MAX = 500;

export class Cursor {
  readonly text: string;
  readonly #lexer: Lexer;
  #current: Token;
  #previous: Token | undefined;
  #depth = 0;
  #aggregations = 0;

  constructor(text: string) {
    this.text = text;
    if (text.length > QUERY_LENGTH_MAX) {
      this.fail(
        { start: 0, end: 0 },
        `query is ${text.length} characters long, at most ${QUERY_LENGTH_MAX} are taken`,
      );
    }
    // Half of a surrogate pair has no UTF-8 form: it could neither be stored nor answered.
    if (!text.isWellFormed()) {
      const repaired = text.toWellFormed();
      let at = 0;
      while (text[at] === repaired[at]) at++;
      this.fail({ start: at, end: at + 1 }, 'invalid UTF-8 rune');
    }
    this.#lexer = new Lexer(text);
    this.#current = this.#lexer.next();
  }

  get current(): Token {
    return this.#current;
  }

  /** The current token if it is of this kind, having moved past it. */
  accept(kind: TokenKind): Token | undefined {
    return this.#current.kind === kind ? this.advance() : undefined;
  }

  /** The current token, having moved past it. */
  advance(): Token {
    const token = this.#current;
    if (token.kind === 'error') this.unexpected();
    this.#previous = token;
    this.#current = this.#lexer.next();
    return token;
  }

  /** Where the last token passed ended. */
  get lastEnd(): number {
    return this.#previous?.end ?? 0;
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > EXPR_DEPTH_MAX) {
      this.fail(this.#current, `expression is nested deeper than ${EXPR_DEPTH_MAX} levels`);
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  /** Runs `parse` inside an aggregation: error texts of any syntax error in there say so. */
  inAggregation<T>(parse: () => T): T {
    this.#aggregations++;
    const result = parse();
    this.#aggregations--;
    return result;
  }

  /** Complains about the current token; `context` is what was being read. */
  unexpected(context?: string, expected?: string): never {
    const token = this.#current;
    if (token.kind === 'error') this.fail(token, token.text);
    const where = context ?? (this.#aggregations > 0 ? 'aggregation' : '');
    this.fail(
      token,
      `unexpected ${describeToken(token)}${where && ` in ${where}`}${expected ? `, expected ${expected}` : ''}`,
      this.#misspeltAggregation(),
    );
  }

  /** `smu by (x) (...)` fails at `by`; what is wrong is the word before. */
  #misspeltAggregation(): string | undefined {
    const isGrouping = this.#current.kind === 'by' || this.#current.kind === 'without';
    return isGrouping && this.#previous?.kind === 'identifier'
      ? nearestWord(this.#previous.text, AGGREGATION_OPERATORS)
      : undefined;
  }

  fail({ start, end }: Span, reason: string, suggestion?: string): never {
    throw new PromqlSyntaxError({ text: this.text, span: { start, end }, reason, suggestion });
  }
}
