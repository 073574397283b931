/**
 * What the building of one plan knows and gathers: the query's times, its limits, its reads.
 */
import type { Matcher } from '@mon/storage/model/matcher';
import type { SelectHints } from '@mon/storage/model/queryable';
import { queryLimit } from '../exec/query-errors.ts';
import type { ReferenceTimes } from '../exec/windows.ts';
import type { QueryLimits } from '../query-limits.ts';
import type { Remarks } from '../remarks.ts';
import type { InvarianceMemo } from './invariance.ts';
import type { ReadPlan } from './plan.ts';
import { lastReferenceMs, type QueryTimes } from './times.ts';

export interface PlanOptions extends QueryTimes {
  readonly isRangeQuery: boolean;
  readonly lookbackMs: number;
  /** The step of subqueries that name none. */
  readonly subqueryStepMs: number;
  readonly limits: QueryLimits;
  readonly remarks: Remarks;
}

export interface ReadUse {
  /** How far before the reference samples count. */
  readonly windowMs: number;
  readonly hints: SelectHints;
  readonly isShareable: boolean;
}

export class PlanContext implements PlanOptions {
  readonly queryStartMs: number;
  readonly queryEndMs: number;
  readonly isRangeQuery: boolean;
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
  readonly limits: QueryLimits;
  readonly remarks: Remarks;
  readonly invariance: InvarianceMemo = new WeakMap();
  readonly reads: ReadPlan[] = [];

  constructor(options: PlanOptions) {
    this.queryStartMs = options.queryStartMs;
    this.queryEndMs = options.queryEndMs;
    this.isRangeQuery = options.isRangeQuery;
    this.lookbackMs = options.lookbackMs;
    this.subqueryStepMs = options.subqueryStepMs;
    this.limits = options.limits;
    this.remarks = options.remarks;
  }

  /** Notes what a selector reads: everything within `windowMs` before any of its moments. */
  addRead(matchers: readonly Matcher[], reference: ReferenceTimes, use: ReadUse): ReadPlan {
    const { hints, isShareable, windowMs } = use;
    const startMs = reference.startMs - windowMs + 1;
    const read = { matchers, startMs, endMs: lastReferenceMs(reference), hints, isShareable };
    this.reads.push(read);
    return read;
  }

  /** @throws MonError `query-limit` */
  checkSubquerySteps(steps: number): void {
    const { subqueryStepsMax } = this.limits;
    if (steps <= subqueryStepsMax) return;
    throw queryLimit(
      `${subqueryStepsMax} points per series in a subquery`,
      `a subquery would have ${steps}`,
      'Shorten its range or widen its step.',
    );
  }
}
