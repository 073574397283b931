/**
 * What every ingestion endpoint goes through: bounds the bytes under way, appends, counts, and
 * keeps the metadata.
 */
import type { Appender, AppendOutcome, AppendRequest, BodyRoom } from '@mon/storage/model/appender';
import { MonError } from '@mon/storage/model/error';
import type { HttpRequest } from '../http/request.ts';
import type { Counter, MetricRegistry } from '../metrics/registry.ts';
import type { MetadataBook } from './metadata-book.ts';

/** What a body counts for whose length is not announced. */
const UNANNOUNCED_BYTES = 1024 * 1024;

export interface IntakeOptions {
  readonly appender: Appender;
  readonly metadata: MetadataBook;
  readonly registry: MetricRegistry;
  /** Bodies taken and not yet answered may have so many bytes together. */
  readonly bytesInFlightMax: number;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #accepted: Counter;
  readonly #rejected: Counter;
  readonly #failed: Counter;
  #bytesInFlight = 0;

  constructor(options: IntakeOptions) {
    const { registry } = options;
    this.#options = options;
    this.#accepted = registry.counter({
      name: 'mon_ingest_samples_total',
      help: 'Samples accepted, by protocol.',
      labels: ['protocol'],
    });
    this.#rejected = registry.counter({
      name: 'mon_ingest_samples_rejected_total',
      help: 'Samples rejected, by reason; a request with more than 100 counts the rest as other.',
      labels: ['reason'],
    });
    this.#failed = registry.counter({
      name: 'mon_ingest_requests_failed_total',
      help: 'Ingestion requests not answered with success, by error code.',
      labels: ['code'],
    });
    registry.gauge(
      { name: 'mon_ingest_bytes_in_flight', help: 'Bytes of bodies taken and not yet answered.' },
      () => this.#bytesInFlight,
    );
  }

  /**
   * Holds the bytes that a request announces while `take` reads and stores them, so that senders
   * are turned away before their bodies are in memory.
   *
   * @throws MonError `overloaded`, and what `take` throws
   */
  async receive<T>(request: HttpRequest, take: () => Promise<T>): Promise<T> {
    const { bytesInFlightMax } = this.#options;
    const bytes = Number(request.headers['content-length'] ?? UNANNOUNCED_BYTES);
    try {
      // A body alone is bounded by its own limit.
      if (this.#bytesInFlight > 0 && this.#bytesInFlight + bytes > bytesInFlightMax) {
        throw overloaded(bytesInFlightMax);
      }
      this.#bytesInFlight += bytes;
      try {
        return await take();
      } finally {
        this.#bytesInFlight -= bytes;
      }
    } catch (thrown) {
      if (thrown instanceof MonError) this.#failed.add(1, thrown.code);
      throw thrown;
    }
  }

  /** Room for a body where the storage decodes it; undefined where there is none. */
  readonly bodyRoom = (bytes: number): BodyRoom | undefined =>
    this.#options.appender.bodyRoom?.(bytes);

  /** Appends, durably. @throws MonError those of the appender */
  async append(request: AppendRequest, protocol: string): Promise<AppendOutcome> {
    const { appender, metadata } = this.#options;
    const outcome = await appender.append(request);
    this.#accepted.add(outcome.accepted, protocol);
    this.countRejected(outcome);
    await metadata.record(request.tenant, outcome.metadata);
    return outcome;
  }

  /** Counts what was rejected, also what an endpoint itself found wrong before the append. */
  countRejected({ rejected, rejections }: Pick<AppendOutcome, 'rejected' | 'rejections'>): void {
    if (rejected === 0) return;
    for (const { code } of rejections) this.#rejected.add(1, code);
    if (rejected > rejections.length) this.#rejected.add(rejected - rejections.length, 'other');
  }
}

function overloaded(bytesMax: number): MonError {
  return new MonError({
    code: 'overloaded',
    what: 'Cannot take the samples now',
    why: `requests under way hold ${bytesMax} bytes (limits.write_bytes_in_flight)`,
    mend: 'Send them again in a moment; senders of remote write do so by themselves.',
    retryable: true,
  });
}
