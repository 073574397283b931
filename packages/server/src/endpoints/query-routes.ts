/**
 * /api/v1/query, query_range, format_query, parse_query: PromQL over HTTP.
 */
import type { Clock } from '@mon/storage/model/clock';
import { missingParameter } from '../api/parameters.ts';
import { outcomeJson } from '../api/query-json.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, JSON_TYPE, type Route, success } from '../http/route.ts';
import { parse } from '../promql/parser/parse.ts';
import { printExpr } from '../promql/parser/print.ts';
import { parseTree } from './parse-tree.ts';
import type { QueryDesk } from './query-desk.ts';
import {
  instantQuestion,
  type QueryDefaults,
  type QueryQuestion,
  rangeQuestion,
} from './query-parameters.ts';

export interface QueryRoutesOptions {
  readonly desk: QueryDesk;
  readonly clock: Clock;
  readonly timeoutMaxMs: number;
}

/** Points of one series in a range query, as in Prometheus. */
export const STEPS_MAX = 11_000;

export function queryRoutes({ desk, clock, timeoutMaxMs }: QueryRoutesOptions): Route[] {
  const defaults = (): QueryDefaults => ({
    nowMs: clock.nowMs(),
    timeoutMaxMs,
    stepsMax: STEPS_MAX,
  });
  const answering =
    (read: (request: HttpRequest, defaults: QueryDefaults) => Promise<QueryQuestion>) =>
    async (request: HttpRequest): Promise<HttpAnswer> => {
      const question = await read(request, defaults());
      const outcome = await desk.ask(request, question);
      const body = outcomeJson(outcome, question.view);
      return { status: 200, headers: { 'content-type': JSON_TYPE }, body };
    };
  return (['GET', 'POST'] as const).flatMap((method): Route[] => [
    { method, path: '/api/v1/query', handle: answering(instantQuestion) },
    { method, path: '/api/v1/query_range', handle: answering(rangeQuestion) },
    { method, path: '/api/v1/format_query', handle: formatQuery },
    { method, path: '/api/v1/parse_query', handle: parseQuery },
  ]);
}

async function formatQuery(request: HttpRequest): Promise<HttpAnswer> {
  return success(printExpr(parse(await queryText(request))));
}

async function parseQuery(request: HttpRequest): Promise<HttpAnswer> {
  return success(parseTree(parse(await queryText(request))));
}

async function queryText(request: HttpRequest): Promise<string> {
  const text = (await request.parameters()).get('query');
  if (text === null) throw missingParameter('query', 'Give a PromQL expression, such as up.');
  return text;
}
