/**
 * POST /api/v1/metrics: samples in JSON.
 *
 * 200 `success` when all are stored, 200 `partial` when some are, 400 `error` when none is or the
 * body is not understood. Rejections come with the index of the entry; the first 100 are listed.
 */
import { type AppendOutcome, REJECTIONS_MAX } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import type { JsonMetricsAnswer } from '../api/responses.ts';
import { errorClass } from '../http/error-answer.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, json, type Route } from '../http/route.ts';
import type { Intake } from './intake.ts';
import { type JsonMetrics, readJsonMetrics } from './json-metrics.ts';
import type { MetadataBook } from './metadata-book.ts';

export interface JsonMetricsOptions {
  readonly intake: Intake;
  readonly metadata: MetadataBook;
  readonly clock: Clock;
}

/** Answers that say what is wrong with the whole body, in this endpoint's own form too. */
const BODY_FAULTS: ReadonlySet<string> = new Set(['bad-json', 'bad-encoding']);

const MEND = 'Send {"metrics":[{"name","type","value","timestamp","tags"}]}; see docs/http-api.md.';

export function jsonMetricsRoute(options: JsonMetricsOptions): Route {
  return {
    method: 'POST',
    path: '/api/v1/metrics',
    handle: (request) => options.intake.receive(request, () => store(options, request)),
  };
}

async function store(options: JsonMetricsOptions, request: HttpRequest): Promise<HttpAnswer> {
  const { intake, metadata, clock } = options;
  const { tenant } = request;
  const body = await readBody(request);
  if ('status' in body) return body;
  const metrics = readJsonMetrics(body.value, clock.nowMs());
  if ('fault' in metrics) return failure([{ index: -1, reason: metrics.fault }], 0);
  intake.countRejected(metrics);
  if (metrics.indexes.length === 0) return failure(metrics.rejections, metrics.rejected);
  const { columns } = metrics;
  const outcome = await intake.append({ kind: 'columns', tenant, columns }, 'json');
  if (outcome.accepted > 0) await metadata.record(tenant, metrics.metadata);
  return answerOf(metrics, outcome);
}

async function readBody(request: HttpRequest): Promise<{ value: unknown } | HttpAnswer> {
  try {
    return { value: await request.json() };
  } catch (thrown) {
    if (!(thrown instanceof MonError) || !BODY_FAULTS.has(thrown.code)) throw thrown;
    return failure([{ index: -1, reason: thrown.message }], 0);
  }
}

function answerOf(metrics: JsonMetrics, outcome: AppendOutcome): HttpAnswer {
  const stored = outcome.rejections.map(({ index, reason }) => ({
    index: metrics.indexes[index] ?? -1,
    reason,
  }));
  const errors = [...metrics.rejections.map(({ index, reason }) => ({ index, reason })), ...stored]
    .sort((a, b) => a.index - b.index)
    .slice(0, REJECTIONS_MAX);
  const rejected = metrics.rejected + outcome.rejected;
  if (outcome.accepted === 0) return failure(errors, rejected);
  const status = rejected === 0 ? 'success' : 'partial';
  const { accepted } = outcome;
  return json(200, { status, accepted, rejected, errors } satisfies JsonMetricsAnswer);
}

/** In this endpoint's form and Prometheus's error form at once. */
function failure(errors: JsonMetricsAnswer['errors'], rejected: number): HttpAnswer {
  const first = errors[0];
  const place = first === undefined || first.index < 0 ? '' : `metrics[${first.index}]: `;
  const code = first !== undefined && first.index < 0 ? 'bad-json' : 'bad-sample';
  const error = new MonError({
    code,
    what: 'Cannot store any sample of the body',
    why: `${place}${first?.reason ?? 'none is valid'}`,
    mend: MEND,
  });
  const { status, errorType } = errorClass(error);
  return json(status, {
    status: 'error',
    accepted: 0,
    rejected,
    errors: errors.map(({ index, reason }) => ({ index, reason })),
    errorType,
    error: error.message,
    code,
    hint: error.mend,
  });
}
