/**
 * From the syntax tree to the plan: binds selectors to times, folds constants, takes out what is
 * the same at every step, and finds which reads may share a scan.
 */
import { unreachable } from '@mon/storage/model/assert';
import { MonError } from '@mon/storage/model/error';
import type { StepGrid } from '../batch.ts';
import { isSetOperator } from '../exec/arithmetic.ts';
import type {
  Aggregation,
  BinaryOperation,
  Expr,
  Subquery,
  VectorMatching,
} from '../parser/ast.ts';
import { typeOf } from '../parser/ast.ts';
import { type ArgumentBuilders, buildScalarCall, buildVectorCall } from './build-call.ts';
import { bare, buildInstantSelector, buildSelectorSource, stringValue } from './build-selector.ts';
import { foldScalars } from './fold-scalars.ts';
import { isStepInvariant } from './invariance.ts';
import type { QueryPlan, RangeSource, RootPlan, ScalarPlan, VectorPlan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { shareScans } from './share-scans.ts';
import { oneStep, referenceTimes, subqueryGrid } from './times.ts';

/** @throws MonError `bad-query` where the type has no place at the top, `query-limit` */
export function buildPlan(expr: Expr, grid: StepGrid, context: PlanContext): QueryPlan {
  const root = buildRoot(expr, grid, context);
  return { root, isRangeQuery: context.isRangeQuery, scans: shareScans(context.reads) };
}

function buildRoot(expr: Expr, grid: StepGrid, context: PlanContext): RootPlan {
  const type = typeOf(expr);
  if (context.isRangeQuery && type !== 'scalar' && type !== 'vector') throw noRangeQuery(type);
  switch (type) {
    case 'string':
      return { kind: 'string', value: stringValue(expr) };
    case 'scalar':
      return { kind: 'scalar', scalar: buildScalar(expr, grid, context) };
    case 'matrix':
      return { kind: 'samples', source: buildSamples(expr, grid, context) };
    case 'vector': {
      const isOrdered = !context.isRangeQuery && keepsOrder(expr);
      return { kind: 'vector', vector: buildVector(expr, grid, context), isOrdered };
    }
  }
}

/** The scalar expression on a grid; constants are folded. */
function buildScalar(expr: Expr, grid: StepGrid, context: PlanContext): ScalarPlan {
  if (expr.kind === 'number') return { kind: 'constant', value: expr.value, grid };
  if (expr.kind === 'paren') return buildScalar(expr.expr, grid, context);
  if (grid.steps > 1 && isStepInvariant(expr, context.invariance)) {
    const scalar = buildScalar(expr, oneStep(grid), context);
    if (scalar.kind === 'constant') return { ...scalar, grid };
    return { kind: 'repeated-scalar', scalar, grid };
  }
  switch (expr.kind) {
    case 'unary': {
      const right = buildScalar(expr.expr, grid, context);
      if (expr.operator === '+') return right;
      return foldScalars('*', { kind: 'constant', value: -1, grid }, right);
    }
    case 'binary': {
      const left = buildScalar(expr.left, grid, context);
      return foldScalars(expr.operator, left, buildScalar(expr.right, grid, context));
    }
    case 'call':
      return buildScalarCall(expr, grid, buildersOf(context));
    default:
      throw new Error(`BUG: ${expr.kind} is no scalar`);
  }
}

/** The vector expression on a grid. */
function buildVector(expr: Expr, grid: StepGrid, context: PlanContext): VectorPlan {
  if (expr.kind === 'paren') return buildVector(expr.expr, grid, context);
  if (grid.steps > 1 && isStepInvariant(expr, context.invariance)) {
    const vector = buildVector(expr, oneStep(grid), context);
    return { kind: 'repeated-vector', vector, grid };
  }
  switch (expr.kind) {
    case 'vector-selector':
      return buildInstantSelector(expr, 'value', { grid, context });
    case 'call':
      return buildVectorCall(expr, grid, buildersOf(context));
    case 'aggregation':
      return buildAggregation(expr, grid, context);
    case 'binary':
      return buildVectorBinary(expr, grid, context);
    case 'unary': {
      const vector = buildVector(expr.expr, grid, context);
      if (expr.operator === '+') return vector;
      const scalar: ScalarPlan = { kind: 'constant', value: -1, grid };
      const side = { isScalarLeft: true, returnBool: false, grid } as const;
      return { kind: 'scalar-side-operation', operator: '*', vector, scalar, ...side };
    }
    case 'number':
    case 'string':
    case 'matrix-selector':
    case 'subquery':
      throw new Error(`BUG: ${expr.kind} is no vector`);
    default:
      return unreachable(expr);
  }
}

/** A range selector or subquery at the top: its samples are the answer. */
function buildSamples(expr: Expr, grid: StepGrid, context: PlanContext): RangeSource {
  const range = bare(expr);
  if (range.kind === 'subquery') return buildSubquery(range, grid, context);
  if (range.kind !== 'matrix-selector') throw new Error(`BUG: ${range.kind} is no range vector`);
  return buildSelectorSource(range, { call: '', isShareable: true }, { grid, context });
}

/** What calls build their arguments with. */
function buildersOf(context: PlanContext): ArgumentBuilders {
  return {
    context,
    scalar: (expr, grid) => buildScalar(expr, grid, context),
    vector: (expr, grid) => buildVector(expr, grid, context),
    subquery: (expr, grid) => buildSubquery(expr, grid, context),
  };
}

function buildSubquery(expr: Subquery, grid: StepGrid, context: PlanContext): RangeSource {
  const reference = referenceTimes(expr, grid, context);
  const { rangeMs } = expr;
  const stepMs = expr.stepMs === 0 ? context.subqueryStepMs : expr.stepMs;
  const inner = subqueryGrid(reference, rangeMs, stepMs);
  context.checkSubquerySteps(inner.steps);
  return { kind: 'subquery', vector: buildVector(expr.expr, inner, context), reference, rangeMs };
}

function buildAggregation(expr: Aggregation, grid: StepGrid, context: PlanContext): VectorPlan {
  const { operator, grouping, without, param } = expr;
  const takesLabel = operator === 'count_values';
  return {
    kind: 'aggregation',
    operator,
    vector: buildVector(expr.expr, grid, context),
    param: param === undefined || takesLabel ? undefined : buildScalar(param, grid, context),
    label: param !== undefined && takesLabel ? stringValue(param) : '',
    grouping,
    without,
    paramSpan: param === undefined ? expr.span : bare(param).span,
    grid,
  };
}

const DEFAULT_MATCHING: VectorMatching = {
  cardinality: 'one-to-one',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

function buildVectorBinary(
  expr: BinaryOperation,
  grid: StepGrid,
  context: PlanContext,
): VectorPlan {
  const { operator, returnBool } = expr;
  const isLeftScalar = typeOf(expr.left) === 'scalar';
  if (!isLeftScalar && typeOf(expr.right) !== 'scalar') {
    const left = buildVector(expr.left, grid, context);
    const right = buildVector(expr.right, grid, context);
    const cardinality = isSetOperator(operator) ? 'many-to-many' : 'one-to-one';
    const matching = expr.matching ?? { ...DEFAULT_MATCHING, cardinality };
    return { kind: 'vector-operation', operator, left, right, matching, returnBool, grid };
  }
  return {
    kind: 'scalar-side-operation',
    operator,
    vector: buildVector(isLeftScalar ? expr.right : expr.left, grid, context),
    scalar: buildScalar(isLeftScalar ? expr.left : expr.right, grid, context),
    isScalarLeft: isLeftScalar,
    returnBool,
    grid,
  };
}

const ORDERING: ReadonlySet<string> = new Set([
  'sort',
  'sort_desc',
  'sort_by_label',
  'sort_by_label_desc',
]);

/** Whether the rows of an instant query come in an order that the query asked for. */
function keepsOrder(expr: Expr): boolean {
  switch (expr.kind) {
    case 'paren':
    case 'unary':
      return keepsOrder(expr.expr);
    case 'call':
      return ORDERING.has(expr.func.name);
    case 'aggregation':
      return expr.operator === 'topk' || expr.operator === 'bottomk';
    default:
      return false;
  }
}

const TYPE_NAMES = { matrix: 'range vector', string: 'string' } as const;

function noRangeQuery(type: 'matrix' | 'string'): MonError {
  return new MonError({
    code: 'bad-query',
    what: 'Cannot run the query over a range',
    why: `invalid expression type "${TYPE_NAMES[type]}" for range query, must be Scalar or instant Vector`,
    mend: 'Put a function such as rate() or max_over_time() around the range, or ask at one time.',
  });
}
