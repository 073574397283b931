/**
 * One query under way: its reader, its limits and what it used of them, its deadline, its remarks.
 *
 * Long loops ask `isBreathDue()` every few thousand values and then await `breathe()`, which lets
 * the event loop turn and ends the query when it is canceled or late.
 */
import type { Clock } from '@mon/storage/model/clock';
import type { Queryable } from '@mon/storage/model/queryable';
import type { TenantId } from '@mon/storage/model/tenant';
import type { QueryLimits } from '../query-limits.ts';
import type { Remarks } from '../remarks.ts';
import { queryLimit, queryTimeout } from './query-errors.ts';

/** Longest time the event loop is kept from other work. */
const SLICE_MS = 4;

export interface QueryRunOptions {
  readonly tenant: TenantId;
  readonly queryable: Queryable;
  readonly clock: Clock;
  readonly limits: QueryLimits;
  /** Aborted with the error that ends the query. */
  readonly signal: AbortSignal;
  readonly remarks: Remarks;
}

export class QueryRun {
  readonly tenant: TenantId;
  readonly queryable: Queryable;
  readonly limits: QueryLimits;
  readonly signal: AbortSignal;
  readonly remarks: Remarks;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #sliceStartedMs: number;
  #seriesRead = 0;
  #samplesRead = 0;
  #valuesHeld = 0;

  constructor(options: QueryRunOptions) {
    this.tenant = options.tenant;
    this.queryable = options.queryable;
    this.limits = options.limits;
    this.signal = options.signal;
    this.remarks = options.remarks;
    this.#clock = options.clock;
    this.#startedMs = options.clock.nowMs();
    this.#sliceStartedMs = this.#startedMs;
  }

  get seriesRead(): number {
    return this.#seriesRead;
  }

  get samplesRead(): number {
    return this.#samplesRead;
  }

  /** How many more samples may be read. */
  get samplesLeft(): number {
    return Math.max(0, this.limits.samplesMax - this.#samplesRead);
  }

  elapsedMs(): number {
    return this.#clock.nowMs() - this.#startedMs;
  }

  /** @throws MonError `query-limit` */
  countRead(series: number, samples: number): void {
    this.#seriesRead += series;
    this.#samplesRead += samples;
    const { seriesMax, samplesMax } = this.limits;
    if (this.#seriesRead > seriesMax) {
      const why = 'the selectors match more of them';
      throw queryLimit(`${seriesMax} series`, why, 'Narrow the selectors.');
    }
    if (this.#samplesRead > samplesMax) {
      const why = 'query processing would load too many samples';
      throw queryLimit(`${samplesMax} samples`, why, 'Narrow the selectors or the time range.');
    }
  }

  /**
   * Counts values that stay in memory until the query ends.
   *
   * @throws MonError `query-limit`
   */
  countHeld(values: number): void {
    this.#valuesHeld += values;
    const { samplesMax } = this.limits;
    if (this.#valuesHeld <= samplesMax) return;
    const why = 'query processing would load too many samples into memory';
    throw queryLimit(
      `${samplesMax} samples`,
      why,
      'Aggregate closer to the selectors, narrow them, or take a wider step.',
    );
  }

  isBreathDue(): boolean {
    return this.#clock.nowMs() - this.#sliceStartedMs >= SLICE_MS;
  }

  /** @throws MonError `query-canceled`, `query-timeout` */
  async breathe(): Promise<void> {
    this.check();
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceStartedMs = this.#clock.nowMs();
    this.check();
  }

  /** @throws MonError `query-canceled`, `query-timeout` */
  check(): void {
    this.signal.throwIfAborted();
    if (this.elapsedMs() > this.limits.timeoutMs) throw queryTimeout(this.limits.timeoutMs);
  }
}
