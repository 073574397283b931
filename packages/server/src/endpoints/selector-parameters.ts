/**
 * The parameters that series, labels and label values share: `match[]`, `start`, `end`, `limit`.
 */
import { MonError } from '@mon/storage/model/error';
import type { Matcher } from '@mon/storage/model/matcher';
import type { SeriesRequest } from '@mon/storage/model/queryable';
import { badParameter, limitParameter, parseTimeMs } from '../api/parameters.ts';
import type { HttpRequest } from '../http/request.ts';
import { parse } from '../promql/parser/parse.ts';

/** "Since ever" and "for ever" where start or end is not given. */
const EVER_MS = 8.64e15;

export interface SeriesQuestion {
  /** What storage is asked: one more than wanted, so that a cut is seen. */
  readonly request: SeriesRequest;
  /** Answers wanted, 0 for all. */
  readonly limit: number;
}

/** @throws MonError `bad-parameter` */
export async function seriesQuestion(request: HttpRequest): Promise<SeriesQuestion> {
  const parameters = await request.parameters();
  const start = parameters.get('start');
  const end = parameters.get('end');
  const startMs = start === null || start === '' ? -EVER_MS : parseTimeMs('start', start);
  const endMs = end === null || end === '' ? EVER_MS : parseTimeMs('end', end);
  if (endMs < startMs) {
    throw badParameter('end', 'end timestamp must not be before start timestamp', 'Swap them.');
  }
  const limit = limitParameter(parameters);
  const { tenant, signal } = request;
  const selectors = parameters.getAll('match[]').map(parseSelector);
  return {
    limit,
    request: { tenant, selectors, startMs, endMs, limit: limit === 0 ? 0 : limit + 1, signal },
  };
}

/** @throws MonError `bad-parameter` */
export function parseSelector(text: string): readonly Matcher[] {
  const mend = 'Give a series selector such as up or {job="a"}.';
  try {
    const expr = parse(text);
    if (expr.kind === 'vector-selector') return expr.matchers;
  } catch (thrown) {
    if (!(thrown instanceof MonError)) throw thrown;
    throw badParameter('match[]', thrown.message, thrown.mend);
  }
  throw badParameter('match[]', `${JSON.stringify(text)} is no series selector`, mend);
}
