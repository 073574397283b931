/**
 * Typed client of a mon server (or of any server with Prometheus's API) over HTTP.
 *
 * Every fault becomes a MonError: `server-unreachable` (retryable), `not-authorised`, else the
 * server's own code and hint. An AbortSignal passes through as the AbortError it raises.
 */
import type { DirectoryStats } from '@mon/storage/care/directory-stats';
import type { JobReport } from '@mon/storage/database-options';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { type Dispatcher, Pool } from 'undici';
import type {
  JsonBuildInfo,
  JsonFailure,
  JsonJob,
  JsonLabels,
  JsonMetadata,
  JsonQueryResult,
  JsonRunningQuery,
  JsonSuccess,
  VerifyReport,
} from './responses.ts';

export interface ApiClientOptions {
  /** `http://127.0.0.1:9500`, a path prefix allowed. */
  readonly server: string;
  readonly tenant?: string | undefined;
  readonly token?: string | undefined;
  /** Longest wait for an answer. */
  readonly timeoutMs?: number;
}

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Sent in the URL of a GET or DELETE, as a form in a POST; undefined ones are left out. */
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** Sent as JSON; parameters then go into the URL. */
  readonly body?: unknown;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

type Parameter = string | number | readonly string[] | undefined;

export interface InstantQuery {
  readonly query: string;
  readonly timeMs?: number | undefined;
  readonly limit?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface RangeQuery extends Omit<InstantQuery, 'timeMs'> {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface SeriesQuestion {
  readonly match?: readonly string[];
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  readonly limit?: number | undefined;
}

const TIMEOUT_DEFAULT_MS = 130_000;

/** Jobs and flushes take as long as they take. */
const JOB_TIMEOUT_MS = 6 * 3600 * 1000;

const CONNECTIONS_MAX = 8;

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #pool: Pool;
  readonly #prefix: string;

  constructor(options: ApiClientOptions) {
    const url = new URL(options.server);
    this.#options = options;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    this.#pool = new Pool(url.origin, { connections: CONNECTIONS_MAX });
  }

  /** The server this client talks to, as named. */
  get server(): string {
    return this.#options.server;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async query(question: InstantQuery, signal?: AbortSignal): Promise<JsonSuccess<JsonQueryResult>> {
    const { query, timeMs, limit, timeoutMs } = question;
    const parameters = { query, time: seconds(timeMs), limit, timeout: seconds(timeoutMs) };
    return this.call({ method: 'POST', path: '/api/v1/query', parameters, signal });
  }

  async queryRange(
    question: RangeQuery,
    signal?: AbortSignal,
  ): Promise<JsonSuccess<JsonQueryResult>> {
    const { query, startMs, endMs, stepMs, limit, timeoutMs } = question;
    const parameters = {
      query,
      start: seconds(startMs),
      end: seconds(endMs),
      step: seconds(stepMs),
      limit,
      timeout: seconds(timeoutMs),
    };
    return this.call({ method: 'POST', path: '/api/v1/query_range', parameters, signal });
  }

  /** Label sets of the series that match one of the selectors. */
  series(question: SeriesQuestion, signal?: AbortSignal): Promise<readonly JsonLabels[]> {
    return this.#ask('/api/v1/series', question, signal);
  }

  labelNames(question: SeriesQuestion = {}, signal?: AbortSignal): Promise<readonly string[]> {
    return this.#ask('/api/v1/labels', question, signal);
  }

  async labelValues(
    name: string,
    question: SeriesQuestion = {},
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const path = `/api/v1/label/${encodeURIComponent(name)}/values`;
    const parameters = seriesParameters(question);
    return this.ask<readonly string[]>({ method: 'GET', path, parameters, signal });
  }

  metadata(metric?: string): Promise<Readonly<Record<string, readonly JsonMetadata[]>>> {
    return this.ask({ method: 'GET', path: '/api/v1/metadata', parameters: { metric } });
  }

  buildInfo(): Promise<JsonBuildInfo> {
    return this.ask({ method: 'GET', path: '/api/v1/status/buildinfo' });
  }

  /** Whether the server takes requests; a server that says no, or is not there, is not ready. */
  async isReady(signal?: AbortSignal): Promise<boolean> {
    try {
      await this.text({ method: 'GET', path: '/-/ready', signal });
      return true;
    } catch (thrown) {
      if (thrown instanceof MonError) return false;
      throw thrown;
    }
  }

  runningQueries(): Promise<readonly JsonRunningQuery[]> {
    return this.ask({ method: 'GET', path: '/api/v1/status/queries' });
  }

  /** Ends a query under way; resolves to what it was. */
  killQuery(id: number): Promise<JsonRunningQuery> {
    return this.ask({ method: 'DELETE', path: `/api/v1/admin/queries/${id}` });
  }

  jobs(): Promise<readonly JsonJob[]> {
    return this.ask({ method: 'GET', path: '/api/v1/status/jobs' });
  }

  /** Runs a job now and waits for its end. */
  runJob(job: JobReport['job'], signal?: AbortSignal): Promise<JobReport> {
    const path = `/api/v1/admin/jobs/${job}`;
    return this.ask({ method: 'POST', path, signal, timeoutMs: JOB_TIMEOUT_MS });
  }

  /** Reads all that the server has on disk and checks it. */
  verifyStorage(signal?: AbortSignal): Promise<VerifyReport> {
    const path = '/api/v1/admin/jobs/verify';
    return this.ask({ method: 'POST', path, signal, timeoutMs: JOB_TIMEOUT_MS });
  }

  /** Where the bytes on disk are. */
  storageStats(top: number, signal?: AbortSignal): Promise<DirectoryStats> {
    const call = { path: '/api/v1/status/storage', parameters: { limit: top } };
    return this.ask({ method: 'GET', ...call, signal, timeoutMs: JOB_TIMEOUT_MS });
  }

  /** Everything in memory onto disk. */
  async flush(signal?: AbortSignal): Promise<void> {
    await this.text({ method: 'POST', path: '/-/flush', signal, timeoutMs: JOB_TIMEOUT_MS });
  }

  /** `data` of a successful answer. */
  async ask<T>(call: ApiCall): Promise<T> {
    return (await this.call<JsonSuccess<T>>(call)).data;
  }

  /** The whole JSON document of a successful answer. */
  async call<T>(call: ApiCall): Promise<T> {
    const text = await this.text(call);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw this.#notUnderstood(call, reasonOf(cause), cause);
    }
  }

  /** The body of a successful answer as text. */
  async text(call: ApiCall): Promise<string> {
    const timeoutMs = call.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_DEFAULT_MS;
    let status: number;
    let text: string;
    try {
      const answer = await this.#pool.request({
        ...this.#requestParts(call),
        signal: call.signal ?? null,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (cause) {
      if (call.signal?.aborted) throw cause;
      throw this.#unreachable(cause);
    }
    if (status >= 200 && status < 300) return text;
    throw this.#refused(call, status, text);
  }

  #ask<T>(path: string, question: SeriesQuestion, signal: AbortSignal | undefined): Promise<T> {
    return this.ask({ method: 'POST', path, parameters: seriesParameters(question), signal });
  }

  #requestParts(call: ApiCall): Dispatcher.RequestOptions {
    const { tenant, token } = this.#options;
    const headers: Record<string, string> = { ...call.headers };
    if (tenant !== undefined) headers['x-scope-orgid'] = tenant;
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    const form = encodeParameters(call.parameters ?? {});
    const path = this.#prefix + call.path;
    if (call.body !== undefined) {
      headers['content-type'] = 'application/json';
      const target = form === '' ? path : `${path}?${form}`;
      return { method: call.method, path: target, headers, body: JSON.stringify(call.body) };
    }
    if (call.method === 'POST' && form !== '') {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      return { method: 'POST', path, headers, body: form };
    }
    return { method: call.method, path: form === '' ? path : `${path}?${form}`, headers };
  }

  #unreachable(cause: unknown): MonError {
    return new MonError({
      code: 'server-unreachable',
      what: `Cannot reach the server at ${this.server}`,
      why: unreachableReason(cause),
      mend: 'Start it with `mon server` or `mon up`, or name another with --server.',
      retryable: true,
      cause,
    });
  }

  #refused(call: ApiCall, status: number, text: string): MonError {
    if (status === 401 || status === 403) {
      return new MonError({
        code: 'not-authorised',
        what: `Cannot ${call.method} ${call.path} on ${this.server}`,
        why: status === 401 ? 'the server wants a token' : 'the token does not allow it',
        mend: 'Give a token of the right scope with --token-file or MON_TOKEN.',
      });
    }
    const failure = parseFailure(text);
    if (failure === undefined) return this.#notUnderstood(call, `status ${status}`, undefined);
    const split = failure.error.indexOf(': ');
    const isMon = failure.code !== undefined && split > 0;
    return new MonError({
      code: failure.code ?? 'server-refused',
      what: isMon ? failure.error.slice(0, split) : `${this.server} refused ${call.path}`,
      why: isMon ? failure.error.slice(split + 2) : failure.error,
      mend: failure.hint ?? 'Correct the request, or look into the log of the server.',
      retryable: status === 429 || status >= 500,
    });
  }

  #notUnderstood(call: ApiCall, why: string, cause: unknown): MonError {
    return new MonError({
      code: 'bad-answer',
      what: `Cannot understand the answer to ${call.method} ${call.path} of ${this.server}`,
      why,
      mend: 'Check that --server names a mon server.',
      cause,
    });
  }
}

function seconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : String(ms / 1000);
}

function seriesParameters({ match, startMs, endMs, limit }: SeriesQuestion) {
  return { 'match[]': match, start: seconds(startMs), end: seconds(endMs), limit };
}

function encodeParameters(parameters: Readonly<Record<string, Parameter>>): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    const values = typeof value === 'object' ? value : value === undefined ? [] : [String(value)];
    for (const one of values) form.append(name, one);
  }
  return form.toString();
}

function unreachableReason(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name does not resolve';
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'it does not answer in time';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'the connection is not taken in time';
    default:
      return reasonOf(cause);
  }
}

function parseFailure(text: string): JsonFailure | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
  const failure = value as Partial<JsonFailure> | null;
  return typeof failure?.error === 'string' ? (failure as JsonFailure) : undefined;
}
