/**
 * The body of POST /api/v1/dashboard/query: several queries, one time grid for all.
 *
 * The grid spans the ranges of all queries and has the smallest of their steps. Ranges that end now
 * end at a multiple of the step, so that a dashboard that is drawn again asks for the same points.
 */
import { parseDurationMs } from '@mon/storage/model/duration';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { badParameter, checkSteps, parseJsonTimeMs, parseSpanMs } from './parameters.ts';
import { stepForSpan } from './step-for-span.ts';

/** Queries of one request. */
export const DASHBOARD_QUERIES_MAX = 100;

export interface DashboardQuestion {
  readonly queries: readonly DashboardQuery[];
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface DashboardQuery {
  readonly id: string;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
}

interface WrittenQuery extends DashboardQuery {
  readonly stepMs: number | undefined;
  readonly endsNow: boolean;
}

interface GridLimits {
  readonly nowMs: number;
  readonly stepsMax: number;
}

/** @throws MonError `bad-parameter` that names the query */
export function readDashboardQuestion(body: unknown, limits: GridLimits): DashboardQuestion {
  const written = isRecord(body) ? body['queries'] : undefined;
  if (!Array.isArray(written) || written.length === 0) {
    throw badParameter('queries', 'it is no list, or empty', MEND);
  }
  if (written.length > DASHBOARD_QUERIES_MAX) {
    const why = `it has ${written.length} queries, at most ${DASHBOARD_QUERIES_MAX} are taken`;
    throw badParameter('queries', why, 'Ask in several requests.');
  }
  const ids = new Set<string>();
  const queries = written.map((entry, index) => {
    const query = readQuery(entry, index, limits.nowMs);
    if (ids.has(query.id)) {
      throw badParameter('queries', `two have the id ${query.id}`, 'Give each an id of its own.');
    }
    ids.add(query.id);
    return query;
  });
  return gridOf(queries, limits);
}

const MEND = 'Send {"queries":[{"id":"cpu","query":"avg by (host) (...)","timeRange":"last_1h"}]}.';

function gridOf(queries: readonly WrittenQuery[], { stepsMax }: GridLimits): DashboardQuestion {
  const startMs = Math.min(...queries.map((query) => query.startMs));
  const endMs = Math.max(...queries.map((query) => query.endMs));
  const steps = queries.flatMap(({ stepMs }) => (stepMs === undefined ? [] : [stepMs]));
  const stepMs = steps.length === 0 ? stepForSpan(endMs - startMs) : Math.min(...steps);
  checkSteps({ startMs, endMs, stepMs }, stepsMax);
  const isMoving = queries.some(({ endsNow }) => endsNow);
  const shiftMs = isMoving ? endMs - Math.floor(endMs / stepMs) * stepMs : 0;
  return {
    queries: queries.map(({ id, query, startMs: from, endMs: to }) => ({
      ...{ id, query },
      ...{ startMs: from - shiftMs, endMs: to - shiftMs },
    })),
    ...{ startMs: startMs - shiftMs, endMs: endMs - shiftMs, stepMs },
  };
}

function readQuery(entry: unknown, index: number, nowMs: number): WrittenQuery {
  const place = `queries[${index}]`;
  if (!isRecord(entry)) throw badParameter(place, 'it is no object', MEND);
  const { id, query, timeRange, step } = entry;
  if (typeof id !== 'string' || id === '') {
    throw badParameter(`${place}.id`, 'it is missing or no text', MEND);
  }
  if (typeof query !== 'string' || query === '') {
    throw badParameter(`query of ${id}`, 'it is missing or no text', MEND);
  }
  const stepMs = step === undefined ? undefined : parseSpanMs(`step of ${id}`, String(step));
  if (stepMs !== undefined && stepMs <= 0) {
    throw badParameter(`step of ${id}`, 'it is not above 0', 'Give a duration such as 15s.');
  }
  return { id, query, stepMs, ...readRange(`timeRange of ${id}`, timeRange, nowMs) };
}

function readRange(
  name: string,
  written: unknown,
  nowMs: number,
): Pick<WrittenQuery, 'startMs' | 'endMs' | 'endsNow'> {
  const mend = 'Give last_<duration> such as last_1h, or {"start":...,"end":...}.';
  if (typeof written === 'string' && written.startsWith('last_')) {
    const spanMs = spanOf(name, written.slice('last_'.length), mend);
    return { startMs: nowMs - spanMs, endMs: nowMs, endsNow: true };
  }
  if (!isRecord(written)) throw badParameter(name, 'it is missing, or of no known form', mend);
  const { start, end } = written;
  if (start === undefined || end === undefined) throw badParameter(name, 'a time is missing', mend);
  const startMs = parseJsonTimeMs(`${name}: start`, start);
  const endMs = parseJsonTimeMs(`${name}: end`, end);
  if (endMs < startMs) throw badParameter(name, 'its end lies before its start', mend);
  return { startMs, endMs, endsNow: false };
}

function spanOf(name: string, text: string, mend: string): number {
  try {
    return parseDurationMs(text);
  } catch (thrown) {
    if (thrown instanceof MonError) throw badParameter(name, reasonOf(thrown), mend);
    throw thrown;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
