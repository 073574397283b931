/**
 * What may follow an operand: `[5m]`, `[1h:5m]`, `offset 1d`, `@ 1234`, in any order that makes sense.
 */
import type { AtModifier, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { readNumber } from './number.ts';
import { parseOffsetDuration, parsePositiveDuration } from './parse-duration.ts';
import type { Token } from './token.ts';

const NUMBER_OR_DURATION = 'number, duration, step(), or range()';

/** The operand with all modifiers that follow it. */
export function parsePostfix(cursor: Cursor, operand: Expr): Expr {
  let expr = operand;
  for (;;) {
    const token = cursor.current;
    switch (token.kind) {
      case '[':
        expr = parseRange(cursor, expr);
        break;
      case 'offset':
        expr = parseOffset(cursor, expr);
        break;
      case '@':
        expr = parseAt(cursor, expr);
        break;
      case 'anchored':
      case 'smoothed':
        return cursor.fail(token, `${token.kind} modifier is experimental and not enabled`);
      default:
        return expr;
    }
  }
}

function parseRange(cursor: Cursor, expr: Expr): MatrixSelector | Subquery {
  const open = cursor.advance();
  const range = parsePositiveDuration(cursor, {
    context: 'subquery or range selector',
    expected: NUMBER_OR_DURATION,
  });
  if (cursor.accept(':') !== undefined) return parseSubquery(cursor, expr, range);
  if (cursor.accept(']') === undefined) cursor.unexpected('subquery or range', '":" or "]"');
  const span = { start: open.start, end: cursor.lastEnd };
  if (expr.kind !== 'vector-selector') {
    return cursor.fail(span, 'ranges only allowed for vector selectors');
  }
  if (expr.offsetMs !== 0 || expr.offsetExpr !== undefined) {
    cursor.fail(span, 'no offset modifiers allowed before range');
  }
  if (expr.at !== undefined) cursor.fail(span, 'no @ modifiers allowed before range');
  return {
    kind: 'matrix-selector',
    selector: expr,
    rangeMs: range.ms,
    ...(range.expr && { rangeExpr: range.expr }),
    span: { start: expr.span.start, end: cursor.lastEnd },
  };
}

/** The rest of `[range:step]`, behind the colon. */
function parseSubquery(
  cursor: Cursor,
  expr: Expr,
  range: ReturnType<typeof parsePositiveDuration>,
): Subquery {
  const context = 'subquery selector';
  let stepMs = 0;
  let stepExpr: Subquery['stepExpr'];
  if (cursor.accept(']') === undefined) {
    const expected = `${NUMBER_OR_DURATION.replace(' or range()', ' range()')}, or "]"`;
    const step = parsePositiveDuration(cursor, { context, expected });
    stepMs = step.ms;
    stepExpr = step.expr;
    if (cursor.accept(']') === undefined) cursor.unexpected(context, '"]"');
  }
  return {
    kind: 'subquery',
    expr,
    rangeMs: range.ms,
    ...(range.expr && { rangeExpr: range.expr }),
    stepMs,
    ...(stepExpr && { stepExpr }),
    offsetMs: 0,
    at: undefined,
    span: { start: expr.span.start, end: cursor.lastEnd },
  };
}

const SELECTORS = 'an instant vector selector or range vector selector or a subquery';

function parseOffset(cursor: Cursor, expr: Expr): Expr {
  cursor.advance();
  const { ms: offsetMs, expr: offsetExpr } = parseOffsetDuration(cursor);
  const target = timeTarget(expr);
  if (target === undefined) {
    return cursor.fail(expr.span, `offset modifier must be preceded by ${SELECTORS}`);
  }
  if (target.offsetMs !== 0 || target.offsetExpr !== undefined) {
    cursor.fail(expr.span, 'offset may not be set multiple times');
  }
  return withTime(cursor, expr, { offsetMs, ...(offsetExpr && { offsetExpr }) });
}

function parseAt(cursor: Cursor, expr: Expr): Expr {
  cursor.advance();
  const at = parseTimestamp(cursor, expr);
  const target = timeTarget(expr);
  if (target === undefined) {
    return cursor.fail(expr.span, `@ modifier must be preceded by ${SELECTORS}`);
  }
  if (target.at !== undefined) {
    cursor.fail(expr.span, '@ <timestamp> may not be set multiple times');
  }
  return withTime(cursor, expr, { at });
}

function parseTimestamp(cursor: Cursor, expr: Expr): AtModifier {
  const word = cursor.accept('start()') ?? cursor.accept('end()');
  if (word !== undefined) {
    expectInAt(cursor, '(');
    expectInAt(cursor, ')');
    return { kind: word.kind === 'start()' ? 'start' : 'end' };
  }
  const sign = cursor.accept('-') ?? cursor.accept('+');
  const { kind } = cursor.current;
  if (kind !== 'number' && kind !== 'duration') cursor.unexpected('@', 'timestamp');
  const literal = readNumber(cursor, cursor.advance());
  const seconds = sign?.kind === '-' ? -literal.value : literal.value;
  if (!(Math.abs(seconds) < 2 ** 63)) {
    const shown = Number.isFinite(seconds) ? seconds.toFixed(6) : signedName(seconds);
    cursor.fail(expr.span, `timestamp out of bounds for @ modifier: ${shown}`);
  }
  return { kind: 'time', timeMs: Math.round(seconds * 1000) + 0 };
}

function signedName(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function expectInAt(cursor: Cursor, kind: Token['kind']): void {
  if (cursor.accept(kind) === undefined) cursor.unexpected('@', 'timestamp');
}

/** The node that holds offset and @ of an expression, if it is one that can. */
function timeTarget(expr: Expr): VectorSelector | Subquery | undefined {
  switch (expr.kind) {
    case 'vector-selector':
    case 'subquery':
      return expr;
    case 'matrix-selector':
      return expr.selector;
    default:
      return undefined;
  }
}

function withTime(
  cursor: Cursor,
  expr: Expr,
  change: Partial<Pick<VectorSelector, 'offsetMs' | 'offsetExpr' | 'at'>>,
): Expr {
  const span = { start: expr.span.start, end: cursor.lastEnd };
  switch (expr.kind) {
    case 'vector-selector':
    case 'subquery':
      return { ...expr, ...change, span };
    case 'matrix-selector':
      return { ...expr, selector: { ...expr.selector, ...change }, span };
    default:
      return expr;
  }
}
