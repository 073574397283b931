/**
 * Where `offset`, `@` and subqueries move an expression in time.
 *
 * Source: Prometheus promql/engine.go, evaluation of SubqueryExpr and setOffsetForAtModifier.
 */
import type { StepGrid } from '../batch.ts';
import type { ReferenceTimes } from '../exec/windows.ts';
import type { AtModifier } from '../parser/ast.ts';

/** The range of the whole query, which `@ start()` and `@ end()` mean also inside subqueries. */
export interface QueryTimes {
  readonly queryStartMs: number;
  readonly queryEndMs: number;
}

/** The first step alone. */
export function oneStep(grid: StepGrid): StepGrid {
  return { startMs: grid.startMs, stepMs: grid.stepMs, steps: 1 };
}

/** The moment a selector or subquery looks at, for each step of the grid it stands on. */
export function referenceTimes(
  node: { readonly offsetMs: number; readonly at: AtModifier | undefined },
  grid: StepGrid,
  times: QueryTimes,
): ReferenceTimes {
  const { startMs, stepMs, steps } = grid;
  if (node.at === undefined) return { startMs: startMs - node.offsetMs, stepMs, steps };
  return { startMs: pinnedMs(node.at, times) - node.offsetMs, stepMs: 0, steps };
}

/** The moment `@` names. */
export function pinnedMs(at: AtModifier, { queryStartMs, queryEndMs }: QueryTimes): number {
  if (at.kind === 'time') return at.timeMs;
  return at.kind === 'start' ? queryStartMs : queryEndMs;
}

/** The moment of the last step. */
export function lastReferenceMs(reference: ReferenceTimes): number {
  return reference.startMs + (reference.steps - 1) * reference.stepMs;
}

/**
 * The grid of a subquery: multiples of its step, the first one inside the window of the first
 * reference (left-open), the last one not after the last reference. Has no step when no multiple
 * lies inside.
 */
export function subqueryGrid(reference: ReferenceTimes, rangeMs: number, stepMs: number): StepGrid {
  const afterMs = reference.startMs - rangeMs;
  const startMs = (Math.floor(afterMs / stepMs) + 1) * stepMs;
  const steps = Math.max(0, Math.floor((lastReferenceMs(reference) - startMs) / stepMs) + 1);
  return { startMs, stepMs, steps };
}
