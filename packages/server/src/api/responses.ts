/**
 * Shapes of the HTTP API's answers, as they stand in JSON.
 *
 * Prometheus's are its own (https://prometheus.io/docs/prometheus/latest/querying/api/); mon's
 * beside them are described in docs/http-api.md.
 */
import type { DirectoryReport } from '@mon/storage/care/verify-directory';
import type { JobReport } from '@mon/storage/database-options';

/** [seconds since the epoch, the value as text: `"1.5"`, `"+Inf"`, `"NaN"`] */
export type JsonSample = readonly [time: number, value: string];

export type JsonLabels = Readonly<Record<string, string>>;

export interface JsonVectorEntry {
  readonly metric: JsonLabels;
  readonly value: JsonSample;
}

export interface JsonMatrixEntry {
  readonly metric: JsonLabels;
  readonly values: readonly JsonSample[];
}

export type JsonQueryResult =
  | { readonly resultType: 'vector'; readonly result: readonly JsonVectorEntry[] }
  | { readonly resultType: 'matrix'; readonly result: readonly JsonMatrixEntry[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: JsonSample };

/** The envelope of every answer under /api/v1 that succeeded. */
export interface JsonSuccess<T> {
  readonly status: 'success';
  readonly data: T;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export interface JsonFailure {
  readonly status: 'error';
  readonly errorType: string;
  readonly error: string;
  /** mon's stable code, listed in docs/errors.md. */
  readonly code?: string;
  /** What to do. */
  readonly hint?: string;
}

export interface JsonMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** POST /api/v1/admin/jobs/verify */
export interface VerifyReport extends DirectoryReport {
  readonly job: 'verify';
  readonly elapsedMs: number;
}

/** What a job did. */
export type AnyJobReport = JobReport | VerifyReport;

/** GET /api/v1/status/jobs */
export interface JsonJob {
  readonly job: AnyJobReport['job'];
  /** Cron expression, or `off`. */
  readonly schedule: string;
  readonly running: boolean;
  /** ISO 8601; null where it is not scheduled. */
  readonly nextRun: string | null;
  readonly lastRun: JsonJobRun | null;
}

export interface JsonJobRun {
  readonly startedAt: string;
  readonly trigger: 'schedule' | 'request';
  readonly outcome: 'done' | 'failed' | 'canceled';
  readonly report: AnyJobReport | null;
  readonly error: string | null;
}

/** GET /api/v1/status/queries */
export interface JsonRunningQuery {
  readonly id: number;
  readonly query: string;
  readonly kind: 'instant' | 'range';
  /** Seconds since the epoch; the same for an instant query. */
  readonly start: number;
  readonly end: number;
  /** Seconds; of range queries only. */
  readonly step?: number;
  /** The User-Agent that asked. */
  readonly client: string;
  readonly state: 'waiting' | 'running';
  /** ISO 8601 */
  readonly startedAt: string;
  readonly elapsedSeconds: number;
  readonly seriesRead: number;
  readonly samplesRead: number;
}

/** POST /api/v1/metrics */
export interface JsonMetricsAnswer {
  readonly status: 'success' | 'partial' | 'error';
  readonly accepted: number;
  readonly rejected: number;
  /** The first rejections; the whole request's with index -1 where the body is not understood. */
  readonly errors: readonly { readonly index: number; readonly reason: string }[];
}

export interface JsonBuildInfo {
  /** The Prometheus whose API is answered; clients choose their features by it. */
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly application: 'mon';
  readonly monVersion: string;
}
