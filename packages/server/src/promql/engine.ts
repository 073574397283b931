/**
 * Answers PromQL queries over a Queryable: parse, plan, execute, put the answer in order.
 *
 * Design: docs/design/0002-promql-execution.md.
 */
import { assert } from '@mon/storage/model/assert';
import type { Clock } from '@mon/storage/model/clock';
import type { MonError } from '@mon/storage/model/error';
import type { Queryable } from '@mon/storage/model/queryable';
import type { TenantId } from '@mon/storage/model/tenant';
import type { StepGrid } from './batch.ts';
import { withDeadline } from './exec/deadline.ts';
import { queryLimit } from './exec/query-errors.ts';
import { QueryRun } from './exec/query-run.ts';
import { resultOf } from './exec/result-of.ts';
import type { Expr } from './parser/ast.ts';
import { parse } from './parser/parse.ts';
import { resolveQueryTimes } from './parser/query-times.ts';
import { buildPlan } from './plan/build-plan.ts';
import { PlanContext } from './plan/plan-context.ts';
import { DEFAULT_QUERY_LIMITS, type QueryLimits } from './query-limits.ts';
import type { QueryOutcome } from './query-result.ts';
import { Remarks } from './remarks.ts';

export const DEFAULT_LOOKBACK_MS = 5 * 60_000;
export const DEFAULT_SUBQUERY_STEP_MS = 60_000;

export interface EngineOptions {
  readonly queryable: Queryable;
  readonly clock: Clock;
  /** How old the sample of an instant selector may be. */
  readonly lookbackMs?: number;
  /** The step of subqueries that name none: the evaluation interval of rules. */
  readonly subqueryStepMs?: number;
  readonly limits?: Partial<QueryLimits>;
}

/** What instant and range queries have in common. */
export interface QueryRequest {
  readonly tenant: TenantId;
  readonly query: string;
  /** The query's tree where the caller has it; remarks still point into `query`. */
  readonly expr?: Expr;
  /** Instead of the engine's own. */
  readonly limits?: Partial<QueryLimits>;
  readonly lookbackMs?: number;
  readonly signal?: AbortSignal;
  /** Called when evaluation begins, with what it has read so far, then and later. */
  readonly onStart?: (progress: QueryProgress) => void;
}

/** What a query under way has read. */
export interface QueryProgress {
  readonly seriesRead: number;
  readonly samplesRead: number;
}

export interface InstantRequest extends QueryRequest {
  readonly timeMs: number;
}

export interface RangeRequest extends QueryRequest {
  readonly startMs: number;
  /** Not before `startMs`. */
  readonly endMs: number;
  /** At least 1. */
  readonly stepMs: number;
}

export class Engine {
  readonly #queryable: Queryable;
  readonly #clock: Clock;
  readonly #lookbackMs: number;
  readonly #subqueryStepMs: number;
  readonly #limits: QueryLimits;

  constructor(options: EngineOptions) {
    this.#queryable = options.queryable;
    this.#clock = options.clock;
    this.#lookbackMs = options.lookbackMs ?? DEFAULT_LOOKBACK_MS;
    this.#subqueryStepMs = options.subqueryStepMs ?? DEFAULT_SUBQUERY_STEP_MS;
    this.#limits = { ...DEFAULT_QUERY_LIMITS, ...options.limits };
  }

  /**
   * The answer at one moment: scalar, string, vector or raw samples.
   *
   * @throws MonError `bad-query`, `query-failed`, `query-limit`, `query-timeout`, `query-canceled`
   */
  async instant(request: InstantRequest): Promise<QueryOutcome> {
    const grid = { startMs: request.timeMs, stepMs: 1, steps: 1 };
    return this.#answer(request, { grid, endMs: request.timeMs, isRangeQuery: false });
  }

  /**
   * The answer at startMs, startMs + stepMs, ... up to endMs: a matrix.
   *
   * @throws MonError as `instant`
   */
  async range(request: RangeRequest): Promise<QueryOutcome> {
    const { startMs, endMs, stepMs } = request;
    assert(
      stepMs >= 1 && endMs >= startMs,
      'a range query has a step and does not end before it starts',
    );
    const steps = Math.floor((endMs - startMs) / stepMs) + 1;
    const { stepsMax } = this.#limitsOf(request);
    if (steps > stepsMax + 1) throw tooManySteps(stepsMax);
    return this.#answer(request, { grid: { startMs, stepMs, steps }, endMs, isRangeQuery: true });
  }

  #limitsOf(request: QueryRequest): QueryLimits {
    return { ...this.#limits, ...request.limits };
  }

  async #answer(request: QueryRequest, times: AnswerTimes): Promise<QueryOutcome> {
    const limits = this.#limitsOf(request);
    const remarks = new Remarks(request.query);
    const { grid, endMs, isRangeQuery } = times;
    const { startMs, stepMs } = grid;
    const parsed = request.expr ?? parse(request.query);
    const expr = resolveQueryTimes(parsed, { startMs, endMs, stepMs });
    const context = new PlanContext({
      queryStartMs: startMs,
      queryEndMs: endMs,
      isRangeQuery,
      lookbackMs: request.lookbackMs ?? this.#lookbackMs,
      subqueryStepMs: this.#subqueryStepMs,
      limits,
      remarks,
    });
    const plan = buildPlan(expr, grid, context);
    const { signal } = request;
    const deadline = { clock: this.#clock, timeoutMs: limits.timeoutMs, signal };
    return withDeadline(deadline, async (ended) => {
      const run = new QueryRun({
        tenant: request.tenant,
        queryable: this.#queryable,
        clock: this.#clock,
        limits,
        signal: ended,
        remarks,
      });
      request.onStart?.(run);
      const result = await resultOf(plan, grid, run);
      const { seriesRead, samplesRead } = run;
      const stats = { seriesRead, samplesRead, elapsedMs: run.elapsedMs() };
      return { result, annotations: remarks.list(), stats };
    });
  }
}

interface AnswerTimes {
  readonly grid: StepGrid;
  readonly endMs: number;
  readonly isRangeQuery: boolean;
}

function tooManySteps(stepsMax: number): MonError {
  return queryLimit(
    `${stepsMax} steps`,
    `exceeded maximum resolution of ${stepsMax.toLocaleString('en-US')} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    'Take a wider step or a shorter range.',
  );
}
