/**
 * What in a query depends on when it is asked for, put in: the functions of the query's own times,
 * and durations computed from them.
 */
import { MonError } from '@mon/storage/model/error';
import type { DurationExpr, Expr, VectorSelector } from './ast.ts';
import { compute } from './duration.ts';
import { DURATION_SECONDS_MAX, secondsToMs } from './number.ts';

/** First and last step of a query and their distance; of an instant query start and end are one. */
export interface EvaluationTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

function secondsAt(expr: DurationExpr, times: EvaluationTimes): number {
  switch (expr.kind) {
    case 'seconds':
      return expr.seconds;
    case 'query-time':
      return queryTimeValue(expr.name, times) as number;
    case 'negation':
      return -secondsAt(expr.operand, times);
    case 'arithmetic':
      return compute(expr.operator, secondsAt(expr.left, times), secondsAt(expr.right, times));
  }
}

/**
 * The tree with `start()`, `end()`, `range()`, `step()` and every computed duration replaced by
 * their values.
 *
 * @throws MonError `bad-query` where a value is no duration, or not positive where it has to be
 */
export function resolveQueryTimes(expr: Expr, times: EvaluationTimes): Expr {
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
        expr: resolveQueryTimes(expr.expr, times),
        rangeMs: positiveMs(rangeExpr, expr.rangeMs, times),
        stepMs: positiveMs(stepExpr, expr.stepMs, times),
        offsetMs: offsetExpr === undefined ? expr.offsetMs : resolvedMs(offsetExpr, times),
      };
    }
    case 'call': {
      const value = queryTimeValue(expr.func.name, times);
      if (value !== undefined) return { kind: 'number', value, isDuration: false, span: expr.span };
      return { ...expr, args: expr.args.map((arg) => resolveQueryTimes(arg, times)) };
    }
    case 'aggregation': {
      const param = expr.param && resolveQueryTimes(expr.param, times);
      return { ...expr, expr: resolveQueryTimes(expr.expr, times), param };
    }
    case 'binary': {
      const left = resolveQueryTimes(expr.left, times);
      return { ...expr, left, right: resolveQueryTimes(expr.right, times) };
    }
    case 'unary':
    case 'paren':
      return { ...expr, expr: resolveQueryTimes(expr.expr, times) };
  }
}

/** What a function of the query's own times gives, in seconds. */
function queryTimeValue(
  name: string,
  { startMs, endMs, stepMs }: EvaluationTimes,
): number | undefined {
  switch (name) {
    case 'start':
      return startMs / 1000;
    case 'end':
      return endMs / 1000;
    case 'range':
      return (endMs - startMs) / 1000;
    case 'step':
      return startMs === endMs ? 0 : stepMs / 1000;
    default:
      return undefined;
  }
}

function resolveSelector(selector: VectorSelector, times: EvaluationTimes): VectorSelector {
  if (selector.offsetExpr === undefined) return selector;
  const { offsetExpr, ...rest } = selector;
  return { ...rest, offsetMs: resolvedMs(offsetExpr, times) };
}

function positiveMs(expr: DurationExpr | undefined, ms: number, times: EvaluationTimes): number {
  if (expr === undefined) return ms;
  const resolved = resolvedMs(expr, times);
  if (resolved > 0) return resolved;
  throw badDuration(expr, 'duration must be greater than 0');
}

function resolvedMs(expr: DurationExpr, times: EvaluationTimes): number {
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
