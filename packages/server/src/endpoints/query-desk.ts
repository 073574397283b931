/**
 * Takes queries in: lists them as under way, waits for a slot, runs them, counts and times them.
 */
import { MonError } from '@mon/storage/model/error';
import type { TenantId } from '@mon/storage/model/tenant';
import type { Logger } from 'pino';
import type { HttpRequest } from '../http/request.ts';
import type { Counter, Histogram, MetricRegistry } from '../metrics/registry.ts';
import type { Engine } from '../promql/engine.ts';
import type { Expr } from '../promql/parser/ast.ts';
import { parse } from '../promql/parser/parse.ts';
import type { QueryOutcome } from '../promql/query-result.ts';
import type { QueryQuestion } from './query-parameters.ts';
import type { QueryRegister, QueryTicket } from './query-register.ts';
import type { QuerySlots } from './query-slots.ts';

export interface QueryDeskOptions {
  readonly engine: Engine;
  readonly slots: QuerySlots;
  readonly register: QueryRegister;
  readonly log: Logger;
  readonly registry: MetricRegistry;
}

/** Queries that take longer are logged. */
const SLOW_MS = 5_000;

/** What is asked, without how the answer is shown. */
export type DeskQuestion = Omit<QueryQuestion, 'view'>;

export class QueryDesk {
  readonly #options: QueryDeskOptions;
  readonly #seconds: Histogram;
  readonly #failed: Counter;
  readonly #samplesRead: Counter;
  readonly #seriesRead: Counter;

  constructor(options: QueryDeskOptions) {
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

  /** @throws MonError `bad-query`, `query-queue-full`, `query-killed`, and those of the engine */
  async ask(request: HttpRequest, question: DeskQuestion): Promise<QueryOutcome> {
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
      return outcome;
    } catch (thrown) {
      if (thrown instanceof MonError) this.#failed.add(1, kind, thrown.code);
      throw thrown;
    }
  }

  #evaluate(
    tenant: TenantId,
    { signal, onStart }: QueryTicket,
    question: DeskQuestion & { expr: Expr },
  ): Promise<QueryOutcome> {
    const { query, expr, times, lookbackMs, timeoutMs } = question;
    const { engine } = this.#options;
    const common = { tenant, query, expr, signal, onStart, limits: { timeoutMs } };
    const run = lookbackMs === undefined ? common : { ...common, lookbackMs };
    return times.kind === 'instant'
      ? engine.instant({ ...run, timeMs: times.timeMs })
      : engine.range({ ...run, ...times });
  }

  #note(request: HttpRequest, question: DeskQuestion, { stats }: QueryOutcome): void {
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
