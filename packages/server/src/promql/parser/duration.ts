/**
 * Duration expressions: their value, and putting it in where the query's times are known.
 */
import { MonError } from '@mon/storage/model/error';
import type { DurationExpr, DurationOperator, Expr, VectorSelector } from './ast.ts';
import { DURATION_SECONDS_MAX, secondsToMs } from './number.ts';

/** What `step()` and `range()` stand for; of an instant query both are 0. */
export interface QueryTimes {
  readonly stepMs: number;
  readonly rangeMs: number;
}

/** One operation, in seconds. */
export function compute(operator: DurationOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
    case 'max_of':
      return Math.max(left, right);
    case 'min_of':
      return Math.min(left, right);
  }
}

function secondsAt(expr: DurationExpr, times: QueryTimes): number {
  switch (expr.kind) {
    case 'seconds':
      return expr.seconds;
    case 'query-time':
      return (expr.name === 'step' ? times.stepMs : times.rangeMs) / 1000;
    case 'negation':
      return -secondsAt(expr.operand, times);
    case 'arithmetic':
      return compute(expr.operator, secondsAt(expr.left, times), secondsAt(expr.right, times));
  }
}

/**
 * The tree with every duration expression replaced by its value; the same tree where there is none.
 *
 * @throws MonError `bad-query` where a value is no duration, or not positive where it has to be
 */
export function resolveDurations(expr: Expr, times: QueryTimes): Expr {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vector-selector':
      return resolveSelector(expr, times);
    case 'matrix-selector': {
      const selector = resolveSelector(expr.selector, times);
      if (selector === expr.selector && expr.rangeExpr === undefined) return expr;
      const { rangeExpr, ...rest } = expr;
      return { ...rest, selector, rangeMs: positiveMs(rangeExpr, expr.rangeMs, times) };
    }
    case 'subquery': {
      const { rangeExpr, stepExpr, offsetExpr, ...rest } = expr;
      return {
        ...rest,
        expr: resolveDurations(expr.expr, times),
        rangeMs: positiveMs(rangeExpr, expr.rangeMs, times),
        stepMs: positiveMs(stepExpr, expr.stepMs, times),
        offsetMs: offsetExpr === undefined ? expr.offsetMs : resolvedMs(offsetExpr, times),
      };
    }
    case 'call':
      return { ...expr, args: expr.args.map((arg) => resolveDurations(arg, times)) };
    case 'aggregation': {
      const param = expr.param && resolveDurations(expr.param, times);
      return { ...expr, expr: resolveDurations(expr.expr, times), param };
    }
    case 'binary': {
      const left = resolveDurations(expr.left, times);
      return { ...expr, left, right: resolveDurations(expr.right, times) };
    }
    case 'unary':
    case 'paren':
      return { ...expr, expr: resolveDurations(expr.expr, times) };
  }
}

function resolveSelector(selector: VectorSelector, times: QueryTimes): VectorSelector {
  if (selector.offsetExpr === undefined) return selector;
  const { offsetExpr, ...rest } = selector;
  return { ...rest, offsetMs: resolvedMs(offsetExpr, times) };
}

function positiveMs(expr: DurationExpr | undefined, ms: number, times: QueryTimes): number {
  if (expr === undefined) return ms;
  const resolved = resolvedMs(expr, times);
  if (resolved > 0) return resolved;
  throw badDuration(expr, 'duration must be greater than 0');
}

function resolvedMs(expr: DurationExpr, times: QueryTimes): number {
  const seconds = secondsAt(expr, times);
  if (!Number.isFinite(seconds)) throw badDuration(expr, 'duration is NaN or infinite');
  if (Math.abs(seconds) > DURATION_SECONDS_MAX) throw badDuration(expr, 'duration is out of range');
  return secondsToMs(seconds);
}

function badDuration({ span }: DurationExpr, why: string): MonError {
  return new MonError({
    code: 'bad-query',
    what: `Cannot compute the duration at characters ${span.start} to ${span.end} of the query`,
    why,
    mend: 'Correct the expression; in an instant query step() and range() are 0.',
  });
}
