/**
 * A query that cannot be read: where, why, and what was perhaps meant.
 *
 * The message is Prometheus's own form, `LINE:COLUMN: parse error: REASON`, since clients match on
 * it. Lines and columns count from 1, columns in UTF-16 units.
 */
import { MonError } from '@mon/storage/model/error';
import type { Span } from './ast.ts';

/** Longest part of a source line that `caretLine` shows. */
export const CARET_LINE_LENGTH_MAX = 100;

export class PromqlSyntaxError extends MonError {
  readonly span: Span;
  readonly line: number;
  readonly column: number;
  /** What the writer perhaps meant, where one name is close enough. */
  readonly suggestion: string | undefined;

  constructor(fields: {
    readonly text: string;
    readonly span: Span;
    readonly reason: string;
    readonly suggestion?: string | undefined;
  }) {
    const { line, column } = positionOf(fields.text, fields.span.start);
    const { suggestion } = fields;
    super({
      code: 'bad-query',
      what: `${line}:${column}: parse error`,
      why: fields.reason,
      mend:
        suggestion === undefined
          ? `Correct the query at line ${line}, column ${column}.`
          : `Did you mean ${JSON.stringify(suggestion)} at line ${line}, column ${column}?`,
    });
    this.name = 'PromqlSyntaxError';
    this.span = fields.span;
    this.line = line;
    this.column = column;
    this.suggestion = suggestion;
  }
}

/** Line and column of an offset, both from 1. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (;;) {
    const lineBreak = text.indexOf('\n', lineStart);
    if (lineBreak < 0 || lineBreak >= offset) return { line, column: offset - lineStart + 1 };
    line++;
    lineStart = lineBreak + 1;
  }
}

/**
 * The source line that holds the start of `span`, and under it carets: two lines for a terminal.
 *
 * A long line is cut around the span. Tabs become spaces, so that the carets stand right.
 */
export function caretLine(text: string, span: Span): string {
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  const lineBreak = text.indexOf('\n', span.start);
  const lineEnd = lineBreak < 0 ? text.length : lineBreak;
  const from = Math.max(lineStart, span.start - CARET_LINE_LENGTH_MAX / 2);
  const until = Math.min(lineEnd, from + CARET_LINE_LENGTH_MAX);
  const before = from > lineStart ? '...' : '';
  const after = until < lineEnd ? '...' : '';
  const shown = text.slice(from, until).replace(/[\t\r]/g, ' ');
  const carets = Math.max(1, Math.min(span.end, until) - span.start);
  const indent = ' '.repeat(before.length + span.start - from);
  return `${before}${shown}${after}\n${indent}${'^'.repeat(carets)}`;
}
