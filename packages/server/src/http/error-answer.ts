/**
 * From a MonError to Prometheus's error answer: `{"status":"error","errorType":...,"error":...}`
 * with mon's `code` and `hint` beside it.
 *
 * Source: prometheus/prometheus web/api/v1/api.go (errorType, respondError).
 */
import { MonError } from '@mon/storage/model/error';
import { type HttpAnswer, json } from './route.ts';

export type ErrorType =
  | 'bad_data'
  | 'execution'
  | 'timeout'
  | 'canceled'
  | 'unavailable'
  | 'not_found'
  | 'internal';

interface ErrorClass {
  readonly status: number;
  readonly errorType: ErrorType;
}

const BAD_DATA = { status: 400, errorType: 'bad_data' } as const;
const UNAVAILABLE = { status: 503, errorType: 'unavailable' } as const;

/** Codes that are not the caller's bad input. */
const CLASSES: Readonly<Record<string, ErrorClass>> = {
  'unknown-path': { status: 404, errorType: 'not_found' },
  'not-found': { status: 404, errorType: 'not_found' },
  'no-such-query': { status: 404, errorType: 'not_found' },
  'method-not-allowed': { status: 405, errorType: 'bad_data' },
  conflict: { status: 409, errorType: 'bad_data' },
  'wire-session-lost': { status: 409, errorType: 'bad_data' },
  'body-too-large': { status: 413, errorType: 'bad_data' },
  'unsupported-encoding': { status: 415, errorType: 'bad_data' },
  'unsupported-media-type': { status: 415, errorType: 'bad_data' },
  'query-limit': { status: 422, errorType: 'execution' },
  'query-failed': { status: 422, errorType: 'execution' },
  'corrupt-block': { status: 422, errorType: 'execution' },
  'rate-limited': { status: 429, errorType: 'unavailable' },
  'query-timeout': { status: 503, errorType: 'timeout' },
  'query-canceled': { status: 499, errorType: 'canceled' },
  'query-killed': { status: 422, errorType: 'canceled' },
  'query-queue-full': UNAVAILABLE,
  'disk-full': UNAVAILABLE,
  overloaded: UNAVAILABLE,
  closing: UNAVAILABLE,
  starting: UNAVAILABLE,
  'job-running': UNAVAILABLE,
  internal: { status: 500, errorType: 'internal' },
};

/** Seconds that a sender told to slow down should wait. */
const RETRY_AFTER_SECONDS = '1';

export function errorClass(error: MonError): ErrorClass {
  return CLASSES[error.code] ?? BAD_DATA;
}

export function errorAnswer(error: MonError): HttpAnswer {
  const { status, errorType } = errorClass(error);
  const answer = json(status, {
    status: 'error',
    errorType,
    error: error.message,
    code: error.code,
    hint: error.mend,
  });
  if (status !== 429 && status !== 503) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': RETRY_AFTER_SECONDS } };
}

/** What is told of a bug: no more than where to find it in the log. */
export function internalError(requestId: string, cause: unknown): MonError {
  return new MonError({
    code: 'internal',
    what: 'Cannot answer the request',
    why: `the server has a bug; its log has the details under request ${requestId}`,
    mend: 'Report it with the log line.',
    cause,
  });
}
