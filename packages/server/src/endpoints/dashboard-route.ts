/**
 * POST /api/v1/dashboard/query: the panels of a dashboard in one request, on one time grid.
 */
import { assert } from '@mon/storage/model/assert';
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import { type DashboardValue, dashboardSeries } from '../api/dashboard-json.ts';
import { type DashboardQuery, readDashboardQuestion } from '../api/dashboard-question.ts';
import { json, type Route } from '../http/route.ts';
import type { QueryOutcome } from '../promql/query-result.ts';
import type { QueryDesk } from './query-desk.ts';
import { STEPS_MAX } from './query-routes.ts';

export interface DashboardRouteOptions {
  readonly desk: QueryDesk;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

export function dashboardRoute({ desk, clock, timeoutMs }: DashboardRouteOptions): Route {
  return {
    method: 'POST',
    path: '/api/v1/dashboard/query',
    handle: async (request) => {
      const limits = { nowMs: clock.nowMs(), stepsMax: STEPS_MAX };
      const question = readDashboardQuestion(await request.json(), limits);
      const { startMs, endMs, stepMs } = question;
      const steps = Math.floor((endMs - startMs) / stepMs) + 1;
      const grid = { startMs, stepMs, steps };
      const results: Record<string, Record<string, DashboardValue[]>> = {};
      const remarks: string[] = [];
      for (const query of question.queries) {
        const times = { kind: 'range', ...onGrid(query, grid), stepMs } as const;
        const outcome = await asking(query.id, () =>
          desk.ask(request, { query: query.query, times, lookbackMs: undefined, timeoutMs }),
        );
        assert(outcome.result.kind === 'matrix', 'a range query answers a matrix');
        results[query.id] = dashboardSeries(outcome.result, grid, query.id);
        for (const { text } of outcome.annotations) remarks.push(`${query.id}: ${text}`);
      }
      const timestamps = Array.from({ length: steps }, (_, i) => (startMs + i * stepMs) / 1000);
      return json(200, {
        results,
        timestamps,
        ...(remarks.length === 0 ? {} : { warnings: remarks }),
      });
    },
  };
}

/** The points of the grid that lie in a query's own range. */
function onGrid(
  query: DashboardQuery,
  { startMs, stepMs }: { startMs: number; stepMs: number },
): { startMs: number; endMs: number } {
  const first = Math.ceil((query.startMs - startMs) / stepMs);
  const last = Math.max(first, Math.floor((query.endMs - startMs) / stepMs));
  return { startMs: startMs + first * stepMs, endMs: startMs + last * stepMs };
}

/** Puts the query's id in front of what went wrong. */
async function asking(id: string, ask: () => Promise<QueryOutcome>): Promise<QueryOutcome> {
  try {
    return await ask();
  } catch (thrown) {
    if (!(thrown instanceof MonError)) throw thrown;
    const { code, what, why, mend, retryable } = thrown;
    throw new MonError({ code, what: `Query ${id}: ${what}`, why, mend, retryable, cause: thrown });
  }
}
