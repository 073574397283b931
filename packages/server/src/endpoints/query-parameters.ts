/**
 * What a query request asks, whatever form it came in: URL, form POST, or JSON POST.
 *
 * In JSON the keys are the same, values may be numbers, times may be ISO 8601 or epoch seconds or
 * milliseconds; `start` in the body of an instant query makes it a range query.
 */
import { MonError } from '@mon/storage/model/error';
import {
  badParameter,
  checkSteps,
  limitParameter,
  missingParameter,
  parseJsonTimeMs,
  parseSpanMs,
  parseTimeMs,
} from '../api/parameters.ts';
import type { OutcomeView } from '../api/query-json.ts';
import type { HttpRequest } from '../http/request.ts';
import { JSON_TYPE } from '../http/route.ts';

export interface QueryQuestion {
  readonly query: string;
  readonly times: QueryMoments;
  /** undefined: the server's. */
  readonly lookbackMs: number | undefined;
  readonly timeoutMs: number;
  readonly view: OutcomeView;
}

export type QueryMoments =
  | { readonly kind: 'instant'; readonly timeMs: number }
  | {
      readonly kind: 'range';
      readonly startMs: number;
      readonly endMs: number;
      readonly stepMs: number;
    };

export interface QueryDefaults {
  readonly nowMs: number;
  readonly timeoutMaxMs: number;
  readonly stepsMax: number;
}

type TimeReader = (name: string) => number | undefined;

/** @throws MonError `bad-parameter`, `bad-json` */
export async function instantQuestion(
  request: HttpRequest,
  defaults: QueryDefaults,
): Promise<QueryQuestion> {
  const { parameters, time, isJson } = await parametersOf(request);
  const asksRange = isJson && (parameters.has('start') || parameters.has('end'));
  const times: QueryMoments = asksRange
    ? rangeMoments(parameters, { time, stepsMax: defaults.stepsMax })
    : { kind: 'instant', timeMs: time('time') ?? defaults.nowMs };
  return questionOf(parameters, { times, defaults });
}

/** @throws MonError `bad-parameter`, `bad-json` */
export async function rangeQuestion(
  request: HttpRequest,
  defaults: QueryDefaults,
): Promise<QueryQuestion> {
  const { parameters, time } = await parametersOf(request);
  const times = rangeMoments(parameters, { time, stepsMax: defaults.stepsMax });
  return questionOf(parameters, { times, defaults });
}

function questionOf(
  parameters: URLSearchParams,
  { times, defaults }: { times: QueryMoments; defaults: QueryDefaults },
): QueryQuestion {
  const query = parameters.get('query');
  if (query === null) throw missingParameter('query', 'Give a PromQL expression, such as up.');
  const timeoutMs = spanOf(parameters, 'timeout') ?? defaults.timeoutMaxMs;
  return {
    query,
    times,
    lookbackMs: spanOf(parameters, 'lookback_delta'),
    timeoutMs: Math.min(timeoutMs, defaults.timeoutMaxMs),
    view: {
      limit: limitParameter(parameters),
      withStats: (parameters.get('stats') ?? '') !== '',
    },
  };
}

function rangeMoments(
  parameters: URLSearchParams,
  { time, stepsMax }: { time: TimeReader; stepsMax: number },
): QueryMoments {
  const [startMs, endMs] = ['start', 'end'].map((name) => {
    const timeMs = time(name);
    if (timeMs === undefined) throw missingParameter(name, 'Give the first and the last time.');
    return timeMs;
  }) as [number, number];
  const step = parameters.get('step');
  if (step === null) throw missingParameter('step', 'Give the time between points, such as 15s.');
  const stepMs = parseSpanMs('step', step);
  checkSteps({ startMs, endMs, stepMs }, stepsMax);
  return { kind: 'range', startMs, endMs, stepMs };
}

/** A duration that must be above 0 where it is given. */
function spanOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  const ms = parseSpanMs(name, text);
  if (ms > 0) return ms;
  throw badParameter(name, `${text} is not above 0`, 'Give a duration such as 30s.');
}

interface Parameters {
  readonly parameters: URLSearchParams;
  readonly time: TimeReader;
  readonly isJson: boolean;
}

async function parametersOf(request: HttpRequest): Promise<Parameters> {
  if (await isJsonBody(request)) return jsonParameters(request);
  const parameters = await request.parameters();
  return {
    isJson: false,
    parameters,
    time(name) {
      const text = parameters.get(name);
      return text === null || text === '' ? undefined : parseTimeMs(name, text);
    },
  };
}

/** Also what `curl -d '{...}'` sends, which calls it a form: no form starts with a brace. */
async function isJsonBody(request: HttpRequest): Promise<boolean> {
  if (request.method !== 'POST') return false;
  return request.contentType === JSON_TYPE || (await request.text()).trimStart().startsWith('{');
}

/** The members of a JSON body as parameters, beside those of the URL. */
async function jsonParameters(request: HttpRequest): Promise<Parameters> {
  const body = await request.json();
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new MonError({
      code: 'bad-json',
      what: 'Cannot read the query',
      why: 'the body is JSON, but not an object',
      mend: 'Send {"query":"up","start":...,"end":...,"step":"15s"}.',
    });
  }
  const members = new Map(Object.entries(body).filter(([, value]) => value !== null));
  const parameters = new URLSearchParams();
  for (const [name, value] of members) {
    if (typeof value === 'object') {
      throw badParameter(name, 'it is neither text nor number', 'Send it as text or number.');
    }
    parameters.append(name, String(value));
  }
  for (const [name, value] of request.urlParameters) parameters.append(name, value);
  return {
    isJson: true,
    parameters,
    time(name) {
      if (members.has(name)) return parseJsonTimeMs(name, members.get(name));
      const text = parameters.get(name);
      return text === null || text === '' ? undefined : parseTimeMs(name, text);
    },
  };
}
