/**
 * Composition root of the storage: an Appender and a Queryable over one data directory.
 *
 * INTERMEDIATE: samples are kept in memory on this thread and are gone when the process ends; the
 * shape is final, the log, shards and directories follow.
 */
import type { DatabaseOptions, DatabaseStats, JobReport } from './database-options.ts';
import {
  type Appender,
  type AppendOutcome,
  type AppendRequest,
  REJECTIONS_MAX,
  type Rejection,
  type SampleColumns,
} from './model/appender.ts';
import { MonError } from './model/error.ts';
import { checkLabelPairs } from './model/label-rules.ts';
import { compareText, type Labels, labelsKey, labelValue } from './model/labels.ts';
import { labelsTest } from './model/matcher.ts';
import { MemoryMetaStore } from './model/memory-meta-store.ts';
import type { MetaStore } from './model/meta-store.ts';
import type { Queryable, SelectRequest, SeriesBatch, SeriesRequest } from './model/queryable.ts';
import type { TenantId } from './model/tenant.ts';
import { decodeRemoteWrite } from './protocol/remote-write.ts';
import { unpackSnappy } from './protocol/snappy.ts';

interface StoredSeries {
  readonly labels: Labels;
  timestampsMs: number[];
  values: number[];
}

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  return new Database(options);
}

export class Database implements Appender, Queryable {
  readonly meta: MetaStore = new MemoryMetaStore();
  readonly #options: DatabaseOptions;
  readonly #tenants = new Map<TenantId, Map<string, StoredSeries>>();
  #samplesAppended = 0;
  #samplesRejected = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const { columns, metadata } =
      request.kind === 'body'
        ? decodeRemoteWrite(unpackSnappy(request.body))
        : { columns: request.columns, metadata: [] };
    const rejections: Rejection[] = [];
    let rejected = 0;
    const refuse = (index: number, code: string, reason: string) => {
      if (rejections.length < REJECTIONS_MAX) rejections.push({ index, code, reason });
      rejected++;
    };
    for (let i = 0; i < columns.labels.length; i++) {
      this.#appendSeries(request.tenant, columns, i, refuse);
    }
    const accepted = columns.values.length - rejected;
    this.#samplesAppended += accepted;
    this.#samplesRejected += rejected;
    return { accepted, rejected, rejections, metadata };
  }

  #appendSeries(
    tenant: TenantId,
    columns: SampleColumns,
    i: number,
    refuse: (index: number, code: string, reason: string) => void,
  ): void {
    const first = columns.sampleOffsets[i] as number;
    const end = columns.sampleOffsets[i + 1] as number;
    const check = checkLabelPairs(columns.labels[i] as Labels);
    const nowMs = this.#options.clock.nowMs();
    const { retentionMs, aheadMaxMs } = this.#options;
    for (let k = first; k < end; k++) {
      const timestampMs = columns.timestampsMs[k] as number;
      if (check.kind === 'fault') refuse(k, check.fault.code, check.fault.reason);
      else if (timestampMs > nowMs + aheadMaxMs) refuse(k, 'too-far-ahead', 'it is in the future');
      else if (retentionMs !== undefined && timestampMs < nowMs - retentionMs) {
        refuse(k, 'too-old', 'it is older than the retention');
      } else {
        const series = this.#seriesOf(tenant, check.labels);
        if (!insert(series, timestampMs, columns.values[k] as number)) {
          refuse(k, 'duplicate-timestamp', 'the series has another value at this time');
        }
      }
    }
  }

  #seriesOf(tenant: TenantId, labels: Labels): StoredSeries {
    let all = this.#tenants.get(tenant);
    if (all === undefined) {
      all = new Map();
      this.#tenants.set(tenant, all);
    }
    const key = labelsKey(labels);
    let series = all.get(key);
    if (series === undefined) {
      series = { labels, timestampsMs: [], values: [] };
      all.set(key, series);
    }
    return series;
  }

  async *select(request: SelectRequest): AsyncGenerator<SeriesBatch> {
    const test = labelsTest(request.matchers);
    let samples = 0;
    for (const series of this.#tenants.get(request.tenant)?.values() ?? []) {
      if (request.signal?.aborted) throw canceled();
      if (!test(series.labels)) continue;
      const from = series.timestampsMs.findIndex((ms) => ms >= request.startMs);
      const to = series.timestampsMs.findLastIndex((ms) => ms <= request.endMs) + 1;
      if (from < 0 || from >= to) continue;
      samples += to - from;
      if (samples > (request.samplesMax ?? Number.POSITIVE_INFINITY)) throw limitReached(samples);
      yield {
        labels: [series.labels],
        timestampColumns: [Float64Array.from(series.timestampsMs.slice(from, to))],
        timestampColumn: new Uint32Array(1),
        values: Float64Array.from(series.values.slice(from, to)),
        valueOffsets: Uint32Array.of(0, to - from),
      };
    }
  }

  async series(request: SeriesRequest): Promise<Labels[]> {
    const tests = request.selectors.map(labelsTest);
    const found: Labels[] = [];
    for (const series of this.#tenants.get(request.tenant)?.values() ?? []) {
      if (tests.length > 0 && !tests.some((test) => test(series.labels))) continue;
      const hasSample = series.timestampsMs.some(
        (ms) => ms >= request.startMs && ms <= request.endMs,
      );
      if (hasSample) found.push(series.labels);
    }
    return request.limit > 0 ? found.slice(0, request.limit) : found;
  }

  async labelNames(request: SeriesRequest): Promise<string[]> {
    const found = await this.series({ ...request, limit: 0 });
    const names = new Set(found.flatMap((labels) => labels.filter((_, i) => i % 2 === 0)));
    return first([...names].sort(compareText), request.limit);
  }

  async labelValues(name: string, request: SeriesRequest): Promise<string[]> {
    const found = await this.series({ ...request, limit: 0 });
    const values = new Set(found.map((labels) => labelValue(labels, name)));
    values.delete('');
    return first([...values].sort(compareText), request.limit);
  }

  /** Puts everything in the head onto disk as day directories; resolves when that is done. */
  async flush(): Promise<void> {}

  /** Merges directories as far as the plan goes. */
  async compact(_signal?: AbortSignal): Promise<JobReport> {
    return emptyReport('compact');
  }

  /** Removes directories that are older than the retention. */
  async applyRetention(_signal?: AbortSignal): Promise<JobReport> {
    return emptyReport('retention');
  }

  stats(): DatabaseStats {
    let headSeries = 0;
    let headSamples = 0;
    for (const all of this.#tenants.values()) {
      headSeries += all.size;
      for (const series of all.values()) headSamples += series.values.length;
    }
    return {
      headSeries,
      headSamples,
      headMinTimeMs: undefined,
      headMaxTimeMs: undefined,
      blocks: [],
      walBytes: 0,
      samplesAppended: this.#samplesAppended,
      samplesRejected: this.#samplesRejected,
      walCommits: 0,
      walSyncSeconds: 0,
      cuts: 0,
      merges: 0,
      diskFull: false,
    };
  }

  /** Ends all threads; the log keeps what is not in directories yet. */
  async close(): Promise<void> {}
}

/** False where another value stands at this time. */
function insert(series: StoredSeries, timestampMs: number, value: number): boolean {
  const { timestampsMs, values } = series;
  let at = timestampsMs.length;
  while (at > 0 && (timestampsMs[at - 1] as number) > timestampMs) at--;
  if (at > 0 && timestampsMs[at - 1] === timestampMs) return Object.is(values[at - 1], value);
  timestampsMs.splice(at, 0, timestampMs);
  values.splice(at, 0, value);
  return true;
}

function first<T>(items: T[], limit: number): T[] {
  return limit > 0 ? items.slice(0, limit) : items;
}

function emptyReport(job: JobReport['job']): JobReport {
  return { job, blocksBefore: 0, blocksAfter: 0, bytesBefore: 0, bytesAfter: 0, elapsedMs: 0 };
}

function canceled(): MonError {
  return new MonError({
    code: 'query-canceled',
    what: 'Cannot finish the selection',
    why: 'the reader canceled it',
    mend: 'Ask again.',
    retryable: true,
  });
}

function limitReached(samples: number): MonError {
  return new MonError({
    code: 'query-limit',
    what: 'Cannot finish the selection',
    why: `it reads ${samples} samples and more, beyond the limit of the query`,
    mend: 'Narrow the selector or the time range, or raise the limit.',
  });
}
