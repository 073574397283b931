/**
 * Selectors in the plan: what they read and the moments they look at.
 */
import type { StepGrid } from '../batch.ts';
import type { Expr, MatrixSelector, VectorSelector } from '../parser/ast.ts';
import type { InstantSelectorPlan, RangeSource } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { referenceTimes } from './times.ts';

/** A selector that gives one sample per step. */
export function buildInstantSelector(
  selector: VectorSelector,
  emits: 'value' | 'sample-time',
  on: { readonly grid: StepGrid; readonly context: PlanContext },
): InstantSelectorPlan {
  const { grid, context } = on;
  const reference = referenceTimes(selector, grid, context);
  const { lookbackMs } = context;
  const read = context.addRead(selector.matchers, reference, {
    windowMs: lookbackMs,
    hints: { call: '', stepMs: grid.stepMs, rangeMs: 0 },
    isShareable: true,
  });
  return { kind: 'instant-selector', read, reference, lookbackMs, emits, grid };
}

/** A selector whose samples go to the range function `call`, or as they are into the answer. */
export function buildSelectorSource(
  expr: MatrixSelector,
  use: { readonly call: string; readonly isShareable: boolean },
  on: { readonly grid: StepGrid; readonly context: PlanContext },
): RangeSource {
  const { grid, context } = on;
  const { selector, rangeMs } = expr;
  const reference = referenceTimes(selector, grid, context);
  const read = context.addRead(selector.matchers, reference, {
    windowMs: rangeMs,
    hints: { call: use.call, stepMs: grid.stepMs, rangeMs },
    isShareable: use.isShareable,
  });
  return { kind: 'selector', read, reference, rangeMs };
}

/** The expression without the parentheses around it. */
export function bare(expr: Expr): Expr {
  return expr.kind === 'paren' ? bare(expr.expr) : expr;
}

/** The value of a string argument; the parser lets only literals through. */
export function stringValue(expr: Expr): string {
  const literal = bare(expr);
  if (literal.kind === 'string') return literal.value;
  throw new Error(`BUG: ${literal.kind} is no string`);
}
