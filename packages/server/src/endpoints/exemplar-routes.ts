/**
 * GET, POST /api/v1/query_exemplars: exemplars of the series that an expression selects.
 *
 * Source: prometheus.io/docs/prometheus/latest/querying/api/#querying-exemplars.
 */
import { MonError } from '@mon/storage/model/error';
import type { ExemplarQueryable, SeriesExemplars } from '@mon/storage/model/exemplar';
import type { Matcher } from '@mon/storage/model/matcher';
import { timeText, valueText } from '../api/number-text.ts';
import { badParameter, missingParameter, parseTimeMs } from '../api/parameters.ts';
import { labelsJson } from '../api/query-json.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, JSON_TYPE, type Route } from '../http/route.ts';
import { parse } from '../promql/parser/parse.ts';
import { selectorsOf } from '../promql/parser/selectors.ts';
import type { QuerySlots } from './query-slots.ts';

export interface ExemplarRoutesOptions {
  readonly queryable: ExemplarQueryable;
  readonly slots: QuerySlots;
}

/** "Since ever" and "for ever" where start or end is not given. */
const EVER_MS = 8.64e15;
const PATH = '/api/v1/query_exemplars';

export function exemplarRoutes(options: ExemplarRoutesOptions): Route[] {
  const handle = (request: HttpRequest): Promise<HttpAnswer> => answer(options, request);
  return [
    { method: 'GET', path: PATH, handle },
    { method: 'POST', path: PATH, handle },
  ];
}

async function answer(
  { queryable, slots }: ExemplarRoutesOptions,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const parameters = await request.parameters();
  const query = parameters.get('query') ?? '';
  if (query === '') throw missingParameter('query', 'Give an expression, such as query=up.');
  const start = parameters.get('start') || undefined;
  const end = parameters.get('end') || undefined;
  const startMs = start === undefined ? -EVER_MS : parseTimeMs('start', start);
  const endMs = end === undefined ? EVER_MS : parseTimeMs('end', end);
  if (endMs < startMs) {
    throw badParameter('end', 'end timestamp must not be before start timestamp', 'Swap them.');
  }
  const selectors = selectorsIn(query);
  const { tenant, signal } = request;
  const ask = { tenant, selectors, startMs, endMs, limit: 0, signal };
  const found =
    selectors.length === 0 ? [] : await slots.run(signal, () => queryable.exemplars(ask));
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: exemplarsJson(found) };
}

function selectorsIn(query: string): (readonly Matcher[])[] {
  try {
    return selectorsOf(parse(query)).map(({ matchers }) => matchers);
  } catch (thrown) {
    if (!(thrown instanceof MonError)) throw thrown;
    throw badParameter('query', thrown.message, thrown.mend);
  }
}

function* exemplarsJson(found: readonly SeriesExemplars[]): Generator<string> {
  yield '{"status":"success","data":[';
  for (const [i, { labels, exemplars }] of found.entries()) {
    const list = exemplars.map(
      (exemplar) =>
        `{"labels":${labelsJson(exemplar.labels)},"value":"${valueText(exemplar.value)}",` +
        `"timestamp":${timeText(exemplar.timestampMs)}}`,
    );
    yield `${i === 0 ? '' : ','}{"seriesLabels":${labelsJson(labels)},"exemplars":[${list.join(',')}]}`;
  }
  yield ']}';
}
