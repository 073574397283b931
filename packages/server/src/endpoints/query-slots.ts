/**
 * How many queries run at once. The others wait in line; a line that is too long turns them away.
 */
import { MonError } from '@mon/storage/model/error';
import type { Counter, MetricRegistry } from '../metrics/registry.ts';

export interface QuerySlotsOptions {
  readonly concurrencyMax: number;
  readonly queueMax: number;
  readonly registry: MetricRegistry;
}

export class QuerySlots {
  readonly #options: QuerySlotsOptions;
  /** Those who wait, in order: called when their turn has come. */
  readonly #line = new Set<() => void>();
  readonly #refused: Counter;
  #running = 0;

  constructor(options: QuerySlotsOptions) {
    const { registry } = options;
    this.#options = options;
    this.#refused = registry.counter({
      name: 'mon_query_refused_total',
      help: 'Queries turned away because too many waited already.',
    });
    registry.gauge({ name: 'mon_query_running', help: 'Queries that run.' }, () => this.#running);
    registry.gauge(
      { name: 'mon_query_waiting', help: 'Queries that wait for a slot.' },
      () => this.#line.size,
    );
  }

  /**
   * Runs `work` when a slot is free.
   *
   * @throws MonError `query-queue-full`, `query-canceled` or the signal's own error while waiting,
   *   and what `work` throws
   */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.concurrencyMax) await this.#wait(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  /** Resolves owning a slot, handed over by whoever released it. */
  #wait(signal: AbortSignal): Promise<void> {
    const { queueMax, concurrencyMax } = this.#options;
    if (this.#line.size >= queueMax) {
      this.#refused.add();
      throw queueFull(concurrencyMax, queueMax);
    }
    return new Promise((resolve, reject) => {
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#line.delete(onTurn);
        reject(endOf(signal));
      };
      if (signal.aborted) {
        reject(endOf(signal));
        return;
      }
      this.#line.add(onTurn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #release(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#line.delete(next);
    next();
  }
}

function queueFull(concurrencyMax: number, queueMax: number): MonError {
  return new MonError({
    code: 'query-queue-full',
    what: 'Cannot take the query now',
    why: `${concurrencyMax} run (limits.query_concurrency), ${queueMax} wait (limits.query_queue)`,
    mend: 'Ask again in a moment, or ask less: wider steps, fewer panels at once.',
    retryable: true,
  });
}

function endOf({ reason }: AbortSignal): MonError {
  if (reason instanceof MonError) return reason;
  return new MonError({
    code: 'query-canceled',
    what: 'Cannot run the query',
    why: 'whoever asked went away while it waited for a slot',
    mend: 'Ask again.',
    retryable: true,
  });
}
