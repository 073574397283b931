/**
 * Where info() looks for info series: at the time its argument looks at, if that is one time.
 *
 * Source: Prometheus promql/info.go, infoSelectTimestampAndOffset.
 */
import type { AtModifier, Expr } from '../parser/ast.ts';
import { typeOf } from '../parser/ast.ts';

/** `offset` and `@` of a selector. */
export interface TimeShift {
  readonly offsetMs: number;
  readonly at: AtModifier | undefined;
}

const NOT_SHIFTED: TimeShift = { offsetMs: 0, at: undefined };

/**
 * The shift that all selectors of an expression share; none where they differ, or where a part of
 * the expression has no selector and so looks at the time of evaluation.
 */
export function sharedShift(expr: Expr, pinnedMs: (at: AtModifier) => number): TimeShift {
  const shifts = selectorShifts(expr, []);
  const [first] = shifts;
  if (first === undefined || shifts.includes(undefined)) return NOT_SHIFTED;
  const key = ({ offsetMs, at }: TimeShift) =>
    at === undefined ? `offset ${offsetMs}` : `at ${pinnedMs(at) - offsetMs}`;
  return shifts.every((shift) => shift && key(shift) === key(first)) ? first : NOT_SHIFTED;
}

/** The shift of each selector that gives rows; undefined for what gives rows without one. */
function selectorShifts(expr: Expr, around: readonly TimeShift[]): (TimeShift | undefined)[] {
  if (expr.kind === 'vector-selector') return [withinSubqueries(expr, around)];
  const inside = expr.kind === 'subquery' ? [...around, expr] : around;
  const parts = childrenOf(expr).filter((child) => ['vector', 'matrix'].includes(typeOf(child)));
  const shifts = parts.flatMap((child) => selectorShifts(child, inside));
  return shifts.length > 0 ? shifts : [undefined];
}

/** Offsets of subqueries around a selector add up, until one with `@` ends it. */
function withinSubqueries(selector: TimeShift, around: readonly TimeShift[]): TimeShift {
  let { offsetMs, at } = selector;
  for (let i = around.length - 1; i >= 0 && at === undefined; i--) {
    const subquery = around[i] as TimeShift;
    offsetMs += subquery.offsetMs;
    at = subquery.at;
  }
  return { offsetMs, at };
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector-selector':
      return [];
    case 'matrix-selector':
      return [expr.selector];
    case 'call':
      // The second argument of info is matchers, not rows.
      return expr.func.name === 'info' ? expr.args.slice(0, 1) : expr.args;
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case 'binary':
      return [expr.left, expr.right];
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr];
  }
}
