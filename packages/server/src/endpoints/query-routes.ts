/**
 * /api/v1/query, query_range, format_query, parse_query: PromQL over HTTP.
 */
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import type { TenantId } from '@mon/storage/model/tenant';
import type { Logger } from 'pino';
import { missingParameter } from '../api/parameters.ts';
import { outcomeJson } from '../api/query-json.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, JSON_TYPE, type Route, success } from '../http/route.ts';
import type { Counter, Histogram, MetricRegistry } from '../metrics/registry.ts';
import type { Engine } from '../promql/engine.ts';
import type { Expr } from '../promql/parser/ast.ts';
import { parse } from '../promql/parser/parse.ts';
import { printExpr } from '../promql/parser/print.ts';
import type { QueryOutcome } from '../promql/query-result.ts';
import { parseTree } from './parse-tree.ts';
import { instantQuestion, type QueryQuestion, rangeQuestion } from './query-parameters.ts';
import type { QueryRegister, QueryTicket } from './query-register.ts';
import type { QuerySlots } from './query-slots.ts';

export interface QueryRoutesOptions {
  readonly engine: Engine;
  readonly slots: QuerySlots;
  readonly register: QueryRegister;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: MetricRegistry;
  readonly timeoutMaxMs: number;
}

/** Points of one series in a range query, as in Prometheus. */
export const STEPS_MAX = 11_000;

/** Queries that take longer are logged. */
const SLOW_MS = 5_000;

export function queryRoutes(options: QueryRoutesOptions): Route[] {
  const desk = new QueryDesk(options);
  const instant = (request: HttpRequest): Promise<HttpAnswer> => desk.instant(request);
  const range = (request: HttpRequest): Promise<HttpAnswer> => desk.range(request);
  return (['GET', 'POST'] as const).flatMap((method): Route[] => [
    { method, path: '/api/v1/query', handle: instant },
    { method, path: '/api/v1/query_range', handle: range },
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

/** Takes queries in: waits for a slot, runs them, counts and times them. */
class QueryDesk {
  readonly #options: QueryRoutesOptions;
  readonly #seconds: Histogram;
  readonly #failed: Counter;
  readonly #samplesRead: Counter;
  readonly #seriesRead: Counter;

  constructor(options: QueryRoutesOptions) {
    const { registry } = options;
    this.#options = options;
    this.#seconds = registry.histogram({
      name: 'mon_query_duration_seconds',
      help: 'Time that queries took to evaluate, without waiting and writing the answer.',
      labels: ['kind'],
    });
    this.#failed = registry.counter({
      name: 'mon_query_failed_total',
      help: 'Queries that ended with an error, by its code.',
      labels: ['kind', 'code'],
    });
    this.#samplesRead = registry.counter({
      name: 'mon_query_samples_read_total',
      help: 'Samples that queries read from storage.',
    });
    this.#seriesRead = registry.counter({
      name: 'mon_query_series_read_total',
      help: 'Series that queries read from storage.',
    });
  }

  async instant(request: HttpRequest): Promise<HttpAnswer> {
    return this.#answer(request, await instantQuestion(request, this.#defaults()));
  }

  async range(request: HttpRequest): Promise<HttpAnswer> {
    return this.#answer(request, await rangeQuestion(request, this.#defaults()));
  }

  #defaults() {
    const { clock, timeoutMaxMs } = this.#options;
    return { nowMs: clock.nowMs(), timeoutMaxMs, stepsMax: STEPS_MAX };
  }

  async #answer(request: HttpRequest, question: QueryQuestion): Promise<HttpAnswer> {
    const { kind } = question.times;
    try {
      // A query that cannot be read need not wait for a slot.
      const expr = parse(question.query);
      const { register, slots } = this.#options;
      const { tenant, signal } = request;
      const client = request.headers['user-agent'] ?? '';
      const outcome = await register.run({ ...question, tenant, client }, signal, (ticket) =>
        slots.run(ticket.signal, () => this.#evaluate(tenant, ticket, { ...question, expr })),
      );
      this.#note(request, question, outcome);
      return {
        status: 200,
        headers: { 'content-type': JSON_TYPE },
        body: outcomeJson(outcome, question.view),
      };
    } catch (thrown) {
      if (thrown instanceof MonError) this.#failed.add(1, kind, thrown.code);
      throw thrown;
    }
  }

  #evaluate(
    tenant: TenantId,
    { signal, onStart }: QueryTicket,
    question: QueryQuestion & { expr: Expr },
  ): Promise<QueryOutcome> {
    const { query, expr, times, lookbackMs, timeoutMs } = question;
    const { engine } = this.#options;
    const common = { tenant, query, expr, signal, onStart, limits: { timeoutMs } };
    const run = lookbackMs === undefined ? common : { ...common, lookbackMs };
    return times.kind === 'instant'
      ? engine.instant({ ...run, timeMs: times.timeMs })
      : engine.range({ ...run, ...times });
  }

  #note(request: HttpRequest, question: QueryQuestion, { stats }: QueryOutcome): void {
    const { elapsedMs, samplesRead, seriesRead } = stats;
    this.#seconds.observe(elapsedMs / 1000, question.times.kind);
    this.#samplesRead.add(samplesRead);
    this.#seriesRead.add(seriesRead);
    if (elapsedMs < SLOW_MS) return;
    const query = question.query.slice(0, 1000);
    const fields = { request: request.id, tenant: request.tenant, query, ...question.times };
    this.#options.log.warn({ ...fields, elapsedMs, samplesRead, seriesRead }, 'slow query');
  }
}
