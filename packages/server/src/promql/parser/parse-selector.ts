/**
 * Selectors: a metric's name, matchers in braces, or both.
 */
import { MonError } from '@mon/storage/model/error';
import { METRIC_NAME } from '@mon/storage/model/labels';
import { type Matcher, type MatcherKind, valueTest } from '@mon/storage/model/matcher';
import type { Span, VectorSelector } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { unquote } from './quote.ts';
import type { Token } from './token.ts';

const CONTEXT = 'label matching';

/** A selector whose name, if it has one before the braces, has just been read. */
export function parseSelector(cursor: Cursor, name: Token | undefined): VectorSelector {
  const start = name?.start ?? cursor.current.start;
  const matchers: Matcher[] = [];
  if (name !== undefined) matchers.push({ kind: '=', name: METRIC_NAME, value: name.text });
  if (cursor.accept('{') !== undefined) parseMatchers(cursor, matchers);
  return {
    kind: 'vector-selector',
    name: name?.text ?? '',
    matchers,
    offsetMs: 0,
    at: undefined,
    span: { start, end: cursor.lastEnd },
  };
}

function parseMatchers(cursor: Cursor, matchers: Matcher[]): void {
  if (cursor.accept('}') !== undefined) return;
  for (;;) {
    matchers.push(parseMatcher(cursor));
    if (cursor.accept('}') !== undefined) return;
    if (cursor.accept(',') === undefined) cursor.unexpected(CONTEXT, '"," or "}"');
    if (cursor.accept('}') !== undefined) return;
  }
}

function parseMatcher(cursor: Cursor): Matcher {
  const token = cursor.current;
  if (token.kind !== 'identifier' && token.kind !== 'string') {
    cursor.unexpected(CONTEXT, 'identifier or "}"');
  }
  cursor.advance();
  const name = token.kind === 'string' ? unquote(token.text) : token.text;
  const kind = cursor.current.kind;
  if (!isMatcherKind(kind)) {
    // A quoted name alone is the metric's.
    if (token.kind === 'string') return { kind: '=', name: METRIC_NAME, value: name };
    cursor.unexpected(CONTEXT, 'label matching operator');
  }
  cursor.advance();
  if (cursor.current.kind !== 'string') cursor.unexpected(CONTEXT, 'string');
  const value = cursor.advance();
  const matcher: Matcher = { kind, name, value: unquote(value.text) };
  checkRegex(cursor, matcher, { start: token.start, end: value.end });
  return matcher;
}

function isMatcherKind(kind: string): kind is MatcherKind {
  return kind === '=' || kind === '!=' || kind === '=~' || kind === '!~';
}

function checkRegex(cursor: Cursor, matcher: Matcher, span: Span): void {
  try {
    valueTest(matcher);
  } catch (error) {
    if (!(error instanceof MonError)) throw error;
    // The pattern is quoted with the flag it was compiled under, which nobody wrote.
    const why = error.why.replace('`(?s)', '`');
    const prefix = 'error parsing regexp: ';
    cursor.fail(span, why.startsWith(prefix) ? why : `${prefix}${why}`);
  }
}
