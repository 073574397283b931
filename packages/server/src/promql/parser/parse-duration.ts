/**
 * Durations in brackets and after `offset`: literals, and arithmetic over them with `step()`,
 * `range()`, `min_of()` and `max_of()`.
 */
import type { DurationExpr, DurationOperator } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { compute } from './duration.ts';
import { DURATION_SECONDS_MAX, readNumber, secondsToMs } from './number.ts';
import type { TokenKind } from './token.ts';

/** A duration known now, or the expression it takes the query's times to know. */
export interface Duration {
  readonly ms: number;
  readonly expr: DurationExpr | undefined;
}

const PRECEDENCE: Partial<Record<TokenKind, number>> = {
  '+': 1,
  '-': 1,
  '*': 2,
  '/': 2,
  '%': 2,
  '^': 3,
};

const UNARY_PRECEDENCE = 2;

/** What the parser may say it wanted instead, where there is no duration. */
export interface DurationContext {
  readonly context: string;
  readonly expected: string;
}

/** A duration in brackets: greater than zero. */
export function parsePositiveDuration(cursor: Cursor, wanted: DurationContext): Duration {
  const expr = parseExpr(cursor, 0, wanted);
  if (expr.kind !== 'seconds') return { ms: 0, expr };
  const { seconds } = expr;
  checkRange(cursor, expr, seconds);
  if (seconds <= 0) cursor.fail(expr.span, 'duration must be greater than 0');
  return { ms: secondsToMs(seconds), expr: undefined };
}

/** A duration after `offset`: a single operand with a sign, so that `foo offset 5m * 2` doubles foo. */
export function parseOffsetDuration(cursor: Cursor): Duration {
  const expr = parseOperand(cursor, {
    context: 'offset',
    expected: 'number, duration, step(), or range()',
  });
  if (expr.kind !== 'seconds') return { ms: 0, expr };
  const { seconds } = expr;
  checkRange(cursor, expr, seconds);
  return { ms: secondsToMs(seconds), expr: undefined };
}

function checkRange(cursor: Cursor, expr: DurationExpr, seconds: number): void {
  if (Number.isNaN(seconds)) cursor.fail(expr.span, 'duration is NaN or infinite');
  if (Math.abs(seconds) > DURATION_SECONDS_MAX) cursor.fail(expr.span, 'duration out of range');
}

function parseExpr(cursor: Cursor, precedenceMin: number, wanted: DurationContext): DurationExpr {
  return cursor.nested(() => {
    let left = parseUnary(cursor, wanted);
    for (;;) {
      const { kind, start, end } = cursor.current;
      const precedence = PRECEDENCE[kind] ?? -1;
      if (precedence < Math.max(precedenceMin, 1)) return left;
      cursor.advance();
      const operator = kind as DurationOperator;
      const right = parseExpr(cursor, operator === '^' ? precedence : precedence + 1, wanted);
      const isZero = right.kind === 'seconds' && right.seconds === 0;
      if (isZero && operator === '/') cursor.fail({ start, end }, 'division by zero');
      if (isZero && operator === '%') cursor.fail({ start, end }, 'modulo by zero');
      const span = { start: left.span.start, end: right.span.end };
      left = folded({ kind: 'arithmetic', operator, left, right, span });
    }
  });
}

/** Constants are computed at once: chains of them stay one node. */
function folded(expr: DurationExpr): DurationExpr {
  const { span } = expr;
  if (expr.kind === 'negation' && expr.operand.kind === 'seconds') {
    return { kind: 'seconds', seconds: -expr.operand.seconds, span };
  }
  if (expr.kind === 'arithmetic') {
    const { operator, left, right } = expr;
    if (left.kind === 'seconds' && right.kind === 'seconds') {
      return { kind: 'seconds', seconds: compute(operator, left.seconds, right.seconds), span };
    }
  }
  return expr;
}

function parseUnary(cursor: Cursor, wanted: DurationContext): DurationExpr {
  const sign = cursor.accept('-') ?? cursor.accept('+');
  if (sign === undefined) return parsePrimary(cursor, wanted);
  const operand = parseExpr(cursor, UNARY_PRECEDENCE + 1, wanted);
  return signed(sign.kind, sign.start, operand);
}

function parseOperand(cursor: Cursor, wanted: DurationContext): DurationExpr {
  const sign = cursor.accept('-') ?? cursor.accept('+');
  const operand = parsePrimary(cursor, wanted);
  return sign === undefined ? operand : signed(sign.kind, sign.start, operand);
}

function signed(sign: TokenKind, start: number, operand: DurationExpr): DurationExpr {
  const span = { start, end: operand.span.end };
  return sign === '-' ? folded({ kind: 'negation', operand, span }) : { ...operand, span };
}

function parsePrimary(cursor: Cursor, wanted: DurationContext): DurationExpr {
  const token = cursor.current;
  switch (token.kind) {
    case 'number':
    case 'duration': {
      const { value, span } = readNumber(cursor, cursor.advance());
      return { kind: 'seconds', seconds: value, span };
    }
    case '(': {
      cursor.advance();
      const inner = parseExpr(cursor, 0, wanted);
      expect(cursor, ')', wanted);
      return { ...inner, span: { start: token.start, end: cursor.lastEnd } };
    }
    case 'step()':
    case 'range()': {
      cursor.advance();
      expect(cursor, '(', wanted);
      expect(cursor, ')', wanted);
      const span = { start: token.start, end: cursor.lastEnd };
      return { kind: 'query-time', name: token.kind === 'step()' ? 'step' : 'range', span };
    }
    case 'max_of':
    case 'min_of': {
      cursor.advance();
      expect(cursor, '(', wanted);
      const left = parseExpr(cursor, 0, wanted);
      expect(cursor, ',', wanted);
      const right = parseExpr(cursor, 0, wanted);
      expect(cursor, ')', wanted);
      const span = { start: token.start, end: cursor.lastEnd };
      return folded({ kind: 'arithmetic', operator: token.kind, left, right, span });
    }
    default:
      return cursor.unexpected(wanted.context, wanted.expected);
  }
}

function expect(cursor: Cursor, kind: TokenKind, wanted: DurationContext): void {
  if (cursor.accept(kind) === undefined) cursor.unexpected(wanted.context, wanted.expected);
}
