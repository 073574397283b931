/**
 * Which parts of a query give the same answer at every step: those whose selectors are all pinned
 * by `@`. They are evaluated at one step and repeated.
 *
 * Source: Prometheus promql/engine.go PreprocessExpr, AtModifierUnsafeFunctions.
 */
import type { Call, Expr } from '../parser/ast.ts';

/** Functions whose answer depends on the time of the step even when their arguments do not. */
const TIME_FUNCTIONS: ReadonlySet<string> = new Set([
  'time',
  'timestamp',
  'predict_linear',
  'info',
]);

/** Functions of the time of the step when called without an argument. */
const DATE_FUNCTIONS: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'month',
  'year',
]);

/** Answers of `isStepInvariant` for one query, so that each node is looked at once. */
export type InvarianceMemo = WeakMap<Expr, boolean>;

export function isStepInvariant(expr: Expr, memo: InvarianceMemo): boolean {
  const known = memo.get(expr);
  if (known !== undefined) return known;
  const answer = decide(expr, memo);
  memo.set(expr, answer);
  return answer;
}

function decide(expr: Expr, memo: InvarianceMemo): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return true;
    case 'vector-selector':
    case 'subquery':
      return expr.at !== undefined;
    case 'matrix-selector':
      return expr.selector.at !== undefined;
    case 'call':
      return isCallInvariant(expr, memo);
    case 'aggregation':
      return (
        isStepInvariant(expr.expr, memo) &&
        (expr.param === undefined || isStepInvariant(expr.param, memo))
      );
    case 'binary':
      return isStepInvariant(expr.left, memo) && isStepInvariant(expr.right, memo);
    case 'unary':
    case 'paren':
      return isStepInvariant(expr.expr, memo);
  }
}

function isCallInvariant(call: Call, memo: InvarianceMemo): boolean {
  if (TIME_FUNCTIONS.has(call.func.name)) return false;
  if (DATE_FUNCTIONS.has(call.func.name) && call.args.length === 0) return false;
  return call.args.every((arg) => isStepInvariant(arg, memo));
}
