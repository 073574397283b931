/**
 * The queries under way, waiting ones included: listed for operators, and ended on their word.
 */
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import type { TenantId } from '@mon/storage/model/tenant';
import type { JsonRunningQuery } from '../api/responses.ts';
import type { QueryProgress } from '../promql/engine.ts';
import type { QueryMoments } from './query-parameters.ts';

/** Characters of a query that are shown. */
const QUERY_LENGTH_MAX = 2000;

export interface RegisteredQuery {
  readonly tenant: TenantId;
  readonly query: string;
  readonly times: QueryMoments;
  /** How the asker calls itself: its User-Agent. */
  readonly client: string;
}

interface Entry extends RegisteredQuery {
  readonly id: number;
  readonly startedMs: number;
  readonly ending: AbortController;
  progress: QueryProgress | undefined;
}

/** What the work of a query gets. */
export interface QueryTicket {
  /** Aborted when the asker goes away, and when the query is killed, with the error as reason. */
  readonly signal: AbortSignal;
  /** Tells that the query no longer waits. */
  readonly onStart: (progress: QueryProgress) => void;
}

export class QueryRegister {
  readonly #clock: Clock;
  readonly #entries = new Map<number, Entry>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lists the query while `work` runs. */
  async run<T>(
    query: RegisteredQuery,
    signal: AbortSignal,
    work: (ticket: QueryTicket) => Promise<T>,
  ): Promise<T> {
    const ending = new AbortController();
    const id = ++this.#lastId;
    const startedMs = this.#clock.nowMs();
    const entry: Entry = { ...query, id, startedMs, ending, progress: undefined };
    this.#entries.set(id, entry);
    try {
      return await work({
        signal: AbortSignal.any([signal, ending.signal]),
        onStart: (progress) => {
          entry.progress = progress;
        },
      });
    } finally {
      this.#entries.delete(id);
    }
  }

  /** A tenant's queries, the oldest first. */
  list(tenant: TenantId): JsonRunningQuery[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#entries.values()]
      .filter((entry) => entry.tenant === tenant)
      .map((entry) => ({
        id: entry.id,
        query: entry.query.slice(0, QUERY_LENGTH_MAX),
        kind: entry.times.kind,
        ...gridOf(entry.times),
        client: entry.client,
        state: entry.progress === undefined ? 'waiting' : 'running',
        startedAt: new Date(entry.startedMs).toISOString(),
        elapsedSeconds: Math.max(0, nowMs - entry.startedMs) / 1000,
        seriesRead: entry.progress?.seriesRead ?? 0,
        samplesRead: entry.progress?.samplesRead ?? 0,
      }));
  }

  /** Ends a query of the tenant: whoever asked gets `query-killed`. @throws MonError `no-such-query` */
  kill(tenant: TenantId, id: string): JsonRunningQuery {
    const entry = this.#entries.get(Number(id));
    const listed = this.list(tenant).find((query) => query.id === entry?.id);
    if (entry === undefined || listed === undefined) throw noSuchQuery(id);
    entry.ending.abort(queryKilled());
    return listed;
  }
}

function gridOf(times: QueryMoments): Pick<JsonRunningQuery, 'start' | 'end' | 'step'> {
  if (times.kind === 'instant') return { start: times.timeMs / 1000, end: times.timeMs / 1000 };
  return { start: times.startMs / 1000, end: times.endMs / 1000, step: times.stepMs / 1000 };
}

function noSuchQuery(id: string): MonError {
  return new MonError({
    code: 'no-such-query',
    what: `Cannot kill the query ${id.slice(0, 40)}`,
    why: 'no query with this number is under way',
    mend: 'It may have ended; mon query ps lists what runs now.',
  });
}

function queryKilled(): MonError {
  return new MonError({
    code: 'query-killed',
    what: 'Cannot finish the query',
    why: 'an operator ended it (mon query kill)',
    mend: 'Ask for less before asking again: fewer series, a shorter range, a wider step.',
  });
}
