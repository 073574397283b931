/**
 * Function calls in the plan: which of them are operators of their own, which go to the functions.
 */
import { type Labels, METRIC_NAME, withLabel } from '@mon/storage/model/labels';
import type { Matcher } from '@mon/storage/model/matcher';
import type { StepGrid } from '../batch.ts';
import { infoSelection } from '../functions/info.ts';
import type { Call, Expr, Subquery, VectorSelector } from '../parser/ast.ts';
import { typeOf } from '../parser/ast.ts';
import { bare, buildInstantSelector, buildSelectorSource, stringValue } from './build-selector.ts';
import { foldScalars } from './fold-scalars.ts';
import type { ArgumentPlan, RangeSource, ScalarPlan, VectorPlan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { isReadFree } from './read-free.ts';
import { sharedShift } from './shared-shift.ts';
import { pinnedMs } from './times.ts';

/** How the expressions inside a call are built. */
export interface ArgumentBuilders {
  readonly context: PlanContext;
  scalar(expr: Expr, grid: StepGrid): ScalarPlan;
  vector(expr: Expr, grid: StepGrid): VectorPlan;
  subquery(expr: Subquery, grid: StepGrid): RangeSource;
}

/** A call that gives one number per step. */
export function buildScalarCall(
  call: Call,
  grid: StepGrid,
  builders: ArgumentBuilders,
): ScalarPlan {
  switch (call.func.name) {
    case 'time':
      return { kind: 'time', grid };
    case 'scalar':
      return { kind: 'scalar-of', vector: builders.vector(argOf(call, 0), grid), grid };
    case 'max_of':
    case 'min_of': {
      const left = builders.scalar(argOf(call, 0), grid);
      return foldScalars(call.func.name, left, builders.scalar(argOf(call, 1), grid));
    }
    case 'pi':
      return { kind: 'constant', value: Math.PI, grid };
    default:
      throw new Error(`BUG: function ${call.func.name} gives no scalar`);
  }
}

/** A call that gives a vector. */
export function buildVectorCall(
  call: Call,
  grid: StepGrid,
  builders: ArgumentBuilders,
): VectorPlan {
  const { name } = call.func;
  const { context } = builders;
  switch (name) {
    case 'vector':
      return { kind: 'vector-of', scalar: builders.scalar(argOf(call, 0), grid), grid };
    case 'absent': {
      const vector = builders.vector(argOf(call, 0), grid);
      return { kind: 'absent', vector, labels: absentLabels(argOf(call, 0)), grid };
    }
    case 'absent_over_time': {
      const vector = buildRangeCall(call, 'present_over_time', { grid, builders });
      return { kind: 'absent', vector, labels: absentLabels(argOf(call, 0)), grid };
    }
    case 'info':
      return buildInfo(call, grid, builders);
    case 'timestamp': {
      const selector = bare(argOf(call, 0));
      if (selector.kind !== 'vector-selector') break;
      return buildInstantSelector(selector, 'sample-time', { grid, context });
    }
    case 'sort':
    case 'sort_desc':
    case 'sort_by_label':
    case 'sort_by_label_desc':
      if (context.isRangeQuery) {
        const text =
          'sort is ineffective for range queries since results are always ordered by labels';
        context.remarks.warn(text, call.span);
      }
      break;
  }
  if (call.args.some((arg) => typeOf(arg) === 'matrix')) {
    return buildRangeCall(call, name, { grid, builders });
  }
  return {
    kind: 'vector-call',
    func: name,
    args: buildArguments(call, grid, builders),
    argSpans: call.args.map((arg) => bare(arg).span),
    span: call.span,
    grid,
  };
}

function buildInfo(call: Call, grid: StepGrid, builders: ArgumentBuilders): VectorPlan {
  const { context } = builders;
  const [vector, selector] = call.args as readonly [Expr, VectorSelector | undefined];
  const selection = infoSelection(selector?.matchers ?? []);
  const shift = sharedShift(vector, (at) => pinnedMs(at, context));
  const { matchers } = selection;
  const node = { kind: 'vector-selector', name: '', matchers, ...shift, span: call.span } as const;
  return {
    kind: 'info',
    vector: builders.vector(vector, grid),
    info: buildInstantSelector(node, 'sample-time', { grid, context }),
    selection,
    grid,
  };
}

function buildArguments(call: Call, grid: StepGrid, builders: ArgumentBuilders): ArgumentPlan[] {
  // Functions of dates take the time of the step where no vector is given.
  if (call.args.length === 0) {
    const vector = { kind: 'vector-of', scalar: { kind: 'time', grid }, grid } as const;
    return [{ kind: 'vector', vector }];
  }
  return call.args.map((arg) => {
    switch (typeOf(arg)) {
      case 'string':
        return { kind: 'string', value: stringValue(arg) };
      case 'scalar':
        return { kind: 'scalar', scalar: builders.scalar(arg, grid) };
      default:
        return { kind: 'vector', vector: builders.vector(arg, grid) };
    }
  });
}

function buildRangeCall(
  call: Call,
  func: string,
  on: { readonly grid: StepGrid; readonly builders: ArgumentBuilders },
): VectorPlan {
  const { grid, builders } = on;
  const range = bare(call.args.find((arg) => typeOf(arg) === 'matrix') as Expr);
  const others = call.args.filter((arg) => typeOf(arg) !== 'matrix');
  const scalars = others.map((arg) => builders.scalar(arg, grid));
  // Invariant arguments may read too, but on a grid of one step, before this read is asked for.
  const isShareable = scalars.every(isReadFree);
  const argSpans = call.args.map((arg) => bare(arg).span);
  return {
    kind: 'range-call',
    func,
    source: buildSource(range, { call: func, isShareable }, on),
    scalars,
    argSpans,
    span: call.span,
    grid,
  };
}

function buildSource(
  range: Expr,
  use: { readonly call: string; readonly isShareable: boolean },
  on: { readonly grid: StepGrid; readonly builders: ArgumentBuilders },
): RangeSource {
  const { grid, builders } = on;
  if (range.kind === 'subquery') return builders.subquery(range, grid);
  if (range.kind !== 'matrix-selector') throw new Error(`BUG: ${range.kind} is no range vector`);
  return buildSelectorSource(range, use, { grid, context: builders.context });
}

/**
 * The labels that `absent` gives: those that the selector fixes to one value each.
 *
 * Source: Prometheus promql/functions.go createLabelsForAbsentFunction.
 */
function absentLabels(arg: Expr): Labels {
  const selector = bare(arg);
  if (selector.kind === 'vector-selector') return fixedLabels(selector.matchers);
  if (selector.kind === 'matrix-selector') return fixedLabels(selector.selector.matchers);
  return [];
}

function fixedLabels(matchers: readonly Matcher[]): Labels {
  const seen = new Set<string>();
  let labels: Labels = [];
  for (const { kind, name, value } of matchers) {
    if (name === METRIC_NAME) continue;
    labels = withLabel(labels, name, kind === '=' && !seen.has(name) ? value : '');
    if (kind === '=') seen.add(name);
  }
  return labels;
}

function argOf(call: Call, index: number): Expr {
  const arg = call.args[index];
  if (arg === undefined) throw new Error(`BUG: ${call.func.name} lacks argument ${index}`);
  return arg;
}
