/**
 * /api/v1/series, labels, label/<name>/values, metadata: which series there are.
 */
import { MonError } from '@mon/storage/model/error';
import { compareLabels, type Labels } from '@mon/storage/model/labels';
import type { Queryable, SeriesRequest } from '@mon/storage/model/queryable';
import { badParameter, limitParameter, missingParameter } from '../api/parameters.ts';
import { labelsJson } from '../api/query-json.ts';
import type { JsonMetadata } from '../api/responses.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, JSON_TYPE, json, type Route, success } from '../http/route.ts';
import type { MetadataBook } from '../ingest/metadata-book.ts';
import type { QuerySlots } from './query-slots.ts';
import { seriesQuestion } from './selector-parameters.ts';

export interface SeriesRoutesOptions {
  readonly queryable: Queryable;
  readonly metadata: MetadataBook;
  readonly slots: QuerySlots;
  /** More series than this in an answer without a limit end it with `query-limit`. */
  readonly seriesMax: number;
}

const TRUNCATED = ['results truncated due to limit'];

export function seriesRoutes(options: SeriesRoutesOptions): Route[] {
  const series = (request: HttpRequest): Promise<HttpAnswer> => answerSeries(options, request);
  const names = (request: HttpRequest): Promise<HttpAnswer> => answerNames(options, request);
  const values = (request: HttpRequest): Promise<HttpAnswer> => answerValues(options, request);
  return [
    { method: 'GET', path: '/api/v1/series', handle: series },
    { method: 'POST', path: '/api/v1/series', handle: series },
    { method: 'GET', path: '/api/v1/labels', handle: names },
    { method: 'POST', path: '/api/v1/labels', handle: names },
    { method: 'GET', path: '/api/v1/label/:name/values', handle: values },
    {
      method: 'GET',
      path: '/api/v1/metadata',
      handle: (request) => answerMetadata(options.metadata, request),
    },
  ];
}

async function answerSeries(
  options: SeriesRoutesOptions,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const question = await seriesQuestion(request);
  const { limit } = question;
  if (question.request.selectors.length === 0) {
    throw missingParameter('match[]', 'Give at least one selector, such as match[]=up.');
  }
  const bound = limit > 0 && limit < options.seriesMax ? limit : options.seriesMax;
  const asked: SeriesRequest = { ...question.request, limit: bound + 1 };
  const found = await options.slots.run(request.signal, () => options.queryable.series(asked));
  if (found.length > options.seriesMax) throw tooManySeries(options.seriesMax);
  const isCut = limit > 0 && found.length > limit;
  const kept = (isCut ? found.slice(0, limit) : found).sort(compareLabels);
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: seriesJson(kept, isCut) };
}

function* seriesJson(found: readonly Labels[], isCut: boolean): Generator<string> {
  yield '{"status":"success","data":[';
  for (const [i, labels] of found.entries()) yield (i === 0 ? '' : ',') + labelsJson(labels);
  yield isCut ? `],"warnings":${JSON.stringify(TRUNCATED)}}` : ']}';
}

async function answerNames(options: SeriesRoutesOptions, request: HttpRequest) {
  const question = await seriesQuestion(request);
  const names = await options.slots.run(request.signal, () =>
    options.queryable.labelNames(question.request),
  );
  return cut(names, question.limit);
}

async function answerValues(options: SeriesRoutesOptions, request: HttpRequest) {
  const question = await seriesQuestion(request);
  const name = request.param('name');
  if (!name.isWellFormed() || name.includes('\0')) {
    throw badParameter('name', 'it is no valid label name', 'Give the name of a label.');
  }
  const values = await options.slots.run(request.signal, () =>
    options.queryable.labelValues(name, question.request),
  );
  return cut(values, question.limit);
}

function cut(found: readonly string[], limit: number): HttpAnswer {
  if (limit === 0 || found.length <= limit) return success(found);
  return json(200, { status: 'success', data: found.slice(0, limit), warnings: TRUNCATED });
}

async function answerMetadata(book: MetadataBook, request: HttpRequest): Promise<HttpAnswer> {
  const parameters = await request.parameters();
  const limit = limitParameter(parameters);
  // Zero entries a metric are all: mon keeps one.
  limitParameter(parameters, 'limit_per_metric');
  const found = await book.read(request.tenant, parameters.get('metric') || undefined);
  const kept = limit > 0 ? found.slice(0, limit) : found;
  const byMetric: Record<string, JsonMetadata[]> = {};
  for (const { metric, type, help, unit } of kept) byMetric[metric] = [{ type, help, unit }];
  return success(byMetric);
}

function tooManySeries(seriesMax: number): MonError {
  return new MonError({
    code: 'query-limit',
    what: `Cannot list more than ${seriesMax} series (limits.query_series)`,
    why: 'the selectors match more of them',
    mend: 'Narrow the selectors or the time range, or set limit.',
  });
}
