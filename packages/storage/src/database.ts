/**
 * Composition root of the storage: an Appender and a Queryable over one data directory.
 *
 * This thread deals out appends and merges what the shards read; the work is done on threads of its
 * own. Who does what: docs/architecture.md.
 */
import {
  type BlockStats,
  type DatabaseOptions,
  type DatabaseStats,
  type JobReport,
  STORAGE_BOUNDS,
  type StorageBounds,
} from './database-options.ts';
import type { AdmissionBounds } from './head/admission.ts';
import type { Quarantine } from './head/series-guard.ts';
import { TIMESTAMP_ABS_MAX_MS } from './head/wal-record.ts';
import { dropBallast } from './maintenance/ballast.ts';
import { BlockJobs } from './maintenance/block-jobs.ts';
import { CutSchedule } from './maintenance/cut-schedule.ts';
import { DiskGuard } from './maintenance/disk-guard.ts';
import { MemoryWatch } from './maintenance/memory-watch.ts';
import type { ManifestEntry } from './manifest/manifest-entry.ts';
import type { Appender, AppendOutcome, AppendRequest, BodyRoom } from './model/appender.ts';
import { MonError } from './model/error.ts';
import type { ExemplarQueryable, SeriesExemplars } from './model/exemplar.ts';
import type { Labels } from './model/labels.ts';
import type { MetaStore } from './model/meta-store.ts';
import type { Queryable, SelectRequest, SeriesBatch, SeriesRequest } from './model/queryable.ts';
import { type DataDir, openDataDir } from './open-directory.ts';
import { closing, openThreads, type Threads } from './open-threads.ts';
import { DatabaseQueryable } from './querier/database-queryable.ts';
import { shardStreams } from './querier/shard-streams.ts';
import { AppendDealer } from './shard/append-dealer.ts';
import type { InboxRoom } from './shard/inboxes.ts';
import { walError } from './wal/wal-errors.ts';
import { WAL_COUNTERS, type WalFailure } from './wal/wal-messages.ts';

/**
 * Opens the database in a directory, which is made if it is not there; resolves when what was
 * acknowledged before can be read.
 *
 * @throws MonError `data-dir-locked`, `data-dir-unusable`, `corrupt-manifest`, `missing-manifest`,
 *   `bad-meta`, `wal-unusable`, `log-version`, `disk-full`
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  try {
    return await openParts(options);
  } catch (error) {
    const isFull = error instanceof MonError && error.code === 'disk-full';
    if (!isFull || !dropBallast(options.dataDir)) throw error;
  }
  const database = await openParts(options);
  // What the ballast gave is for reading, and for a cut that makes more room.
  database.noteWalFailure({ isDiskFull: true, reason: 'there was no room to open the database' });
  return database;
}

async function openParts(options: DatabaseOptions): Promise<Database> {
  const bounds = { ...STORAGE_BOUNDS, ...options.bounds };
  const dataDir = await openDataDir(options);
  let database: Database | undefined;
  try {
    const threads = await openThreads(options, bounds, (failure) =>
      database?.noteWalFailure(failure),
    );
    database = new Database({ options, bounds, dataDir, threads });
    return database;
  } catch (error) {
    await dataDir.meta.close();
    dataDir.lock.release();
    throw error;
  }
}

export interface DatabaseParts {
  readonly options: DatabaseOptions;
  readonly bounds: StorageBounds;
  readonly dataDir: DataDir;
  readonly threads: Threads;
}

export class Database implements Appender, Queryable, ExemplarQueryable {
  readonly #parts: DatabaseParts;
  readonly #queryable: DatabaseQueryable;
  readonly #jobs: BlockJobs;
  readonly #cuts: CutSchedule;
  readonly #disk: DiskGuard;
  readonly #memory: MemoryWatch;
  readonly #dealer: AppendDealer;
  #appends = 0;
  #samplesRejected = 0;
  #closed: Promise<void> | undefined;
  #onDrained: (() => void) | undefined;

  /** Use `openDatabase`. */
  constructor(parts: DatabaseParts) {
    this.#parts = parts;
    const { threads, bounds } = parts;
    const { clock, log } = parts.options;
    this.#queryable = new DatabaseQueryable(threads.shards);
    this.#jobs = new BlockJobs(threads, log);
    const onDiskFull = () => this.#disk.noteFull();
    const { shards } = threads;
    this.#cuts = new CutSchedule({ jobs: this.#jobs, shards, clock, log, bounds, onDiskFull });
    const onProbe = () => this.#cuts.retry();
    this.#disk = new DiskGuard({ threads, clock, log, onProbe });
    const cutNow = () => {
      if (!this.#jobs.isCutting && this.#closed === undefined) this.#cuts.cutNow();
    };
    this.#memory = new MemoryWatch({ shards, log, bytesMax: bounds.memoryBytesMax, cutNow });
    this.#dealer = new AppendDealer(shards, threads.inboxes);
    this.#memory.judge();
    this.#cuts.start();
    this.#disk.start();
  }

  /** Rules, alert states, metadata; durable. */
  get meta(): MetaStore {
    return this.#parts.dataDir.meta;
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const room = this.#dealer.roomOf(request);
    try {
      return await this.#append(request, room);
    } finally {
      room?.release();
    }
  }

  bodyRoom(bytes: number): BodyRoom | undefined {
    return this.#parts.threads.inboxes.room(bytes);
  }

  async #append(request: AppendRequest, room: InboxRoom | undefined): Promise<AppendOutcome> {
    if (this.#closed !== undefined) throw closing();
    if (this.#disk.isFull) throw walError({ isDiskFull: true, reason: '' });
    if (this.#appends >= this.#parts.bounds.appendsMax) throw overloaded(this.#appends);
    this.#appends++;
    try {
      await this.#cuts.room();
      const outcome = await this.#dealer.deal(request, room, this.#admissionBounds());
      this.#samplesRejected += outcome.rejected;
      this.#cuts.noteAppended();
      this.#memory.judge();
      return outcome;
    } finally {
      this.#appends--;
      if (this.#appends === 0) this.#onDrained?.();
    }
  }

  select(request: SelectRequest): AsyncIterable<SeriesBatch> {
    this.#tellMissing(request);
    return this.#queryable.select(request);
  }

  exemplars(request: SeriesRequest): Promise<readonly SeriesExemplars[]> {
    return this.#queryable.exemplars(request);
  }

  series(request: SeriesRequest): Promise<Labels[]> {
    return this.#queryable.series(request);
  }

  labelNames(request: SeriesRequest): Promise<string[]> {
    return this.#queryable.labelNames(request);
  }

  labelValues(name: string, request: SeriesRequest): Promise<string[]> {
    return this.#queryable.labelValues(name, request);
  }

  /**
   * Pages of a stream that the shards' worker file adds (`runShard`), from all shards as they come.
   *
   * @throws MonError as a shard throws it; `query-canceled`
   */
  shardStreams(
    request: { readonly name: string; readonly ask: unknown },
    signal?: AbortSignal,
  ): AsyncGenerator<{ readonly shard: number; readonly page: unknown }> {
    return shardStreams(this.#parts.threads.shards.ports, request, signal);
  }

  /**
   * Puts all that was appended before onto disk as day directories, and deletes what these were
   * made of; resolves when that is done and the log holds only what came meanwhile. Calls during a
   * flush share the one after it.
   *
   * @throws MonError `disk-full`, `corrupt-block`, `closing`
   */
  async flush(): Promise<void> {
    if (this.#closed !== undefined) throw closing();
    await this.#noteFull(() => this.#jobs.flush());
  }

  /**
   * Merges directories as far as the plan goes.
   *
   * @throws MonError `job-canceled`, `disk-full`, `corrupt-block`, `closing`
   */
  async compact(signal?: AbortSignal): Promise<JobReport> {
    if (this.#closed !== undefined) throw closing();
    return this.#jobs.report('compact', () =>
      this.#noteFull(() => this.#jobs.mergeAll('usual', signal)),
    );
  }

  /**
   * Removes directories that are older than the retention.
   *
   * @throws MonError `job-canceled`, `disk-full`, `closing`
   */
  async applyRetention(signal?: AbortSignal): Promise<JobReport> {
    if (this.#closed !== undefined) throw closing();
    const { clock, retentionMs } = this.#parts.options;
    return this.#jobs.report('retention', () =>
      this.#noteFull(() => this.#jobs.expire({ nowMs: clock.nowMs(), retentionMs }, signal)),
    );
  }

  stats(): DatabaseStats {
    const { shards, walCounters } = this.#parts.threads;
    const range = shards.timeRange;
    return {
      headSeries: shards.sum('series'),
      headSamples: shards.sum('samples'),
      headMinTimeMs: range?.minTimeMs,
      headMaxTimeMs: range?.maxTimeMs,
      blocks: this.#jobs.live.map(blockStats),
      damagedBlocks: this.#jobs.damaged,
      memoryBytes: shards.sum('memoryBytes'),
      memoryBytesMax: this.#memory.bytesMax,
      memoryPressure: this.#memory.pressure,
      quarantines: shards.sum('quarantines'),
      seriesRefused: shards.sum('seriesRefused'),
      walBytes: walCounters[WAL_COUNTERS.bytes] ?? 0,
      samplesAppended: shards.sum('samplesAppended'),
      headExemplars: shards.sum('headExemplars'),
      exemplarsStored: shards.sum('exemplarsStored'),
      exemplarsRefused: shards.sum('exemplarsRefused'),
      exemplarsDropped: shards.sum('exemplarsDropped'),
      wireSessions: shards.sum('wireSessions'),
      wireSeries: shards.sum('wireSeries'),
      wireBytes: shards.sum('wireBytes'),
      samplesRejected: this.#samplesRejected,
      walCommits: walCounters[WAL_COUNTERS.commits] ?? 0,
      walSyncSeconds: walCounters[WAL_COUNTERS.syncSeconds] ?? 0,
      cuts: this.#jobs.cuts,
      merges: this.#jobs.merges,
      diskFull: this.#disk.isFull,
      appendsUnderWay: this.#appends,
      walDamages: this.#parts.threads.damages.places,
      walSamplesLost: this.#parts.threads.damages.samplesLost,
    };
  }

  /** Takes word from the log thread that a commit failed. */
  noteWalFailure({ isDiskFull, reason }: WalFailure): void {
    if (isDiskFull) this.#disk.noteFull();
    else this.#parts.options.log.error({ reason }, 'the write-ahead log could not be written');
  }

  /** What is kept out for lack of memory: by metric and label, all shards together. */
  quarantines(): Promise<Quarantine[]> {
    return this.#memory.quarantines();
  }

  /** Lets new series of a metric, or of all, in again. */
  releaseQuarantines(metric?: string): Promise<void> {
    return this.#memory.release(metric);
  }

  /** Says what an answer about a time lacks, since directories of it cannot be read. */
  #tellMissing({ startMs, endMs, onMissing }: SelectRequest): void {
    if (onMissing === undefined) return;
    for (const { id, minTimeMs, maxTimeMs, why } of this.#jobs.damaged) {
      if (maxTimeMs < startMs || minTimeMs > endMs) continue;
      const [from, to] = [minTimeMs, maxTimeMs].map((ms) => new Date(ms).toISOString());
      onMissing(`samples from ${from} to ${to} are missing: directory ${id} is damaged (${why})`);
    }
  }

  /** Ends all threads; the log keeps what is not in directories yet. Calling it again waits too. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { threads, dataDir } = this.#parts;
    this.#cuts.stop();
    this.#disk.stop();
    await this.#drained();
    await this.#jobs.close();
    try {
      await threads.close(closing());
    } finally {
      await dataDir.meta.close();
      dataDir.lock.release();
    }
  }

  /** Resolves when no append is under way. */
  #drained(): Promise<void> {
    if (this.#appends === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  async #noteFull(job: () => Promise<void>): Promise<void> {
    try {
      await job();
    } catch (error) {
      if (error instanceof MonError && error.code === 'disk-full') this.#disk.noteFull();
      throw error;
    }
  }

  #admissionBounds(): AdmissionBounds {
    const { clock, retentionMs, aheadMaxMs } = this.#parts.options;
    const nowMs = clock.nowMs();
    const keptFromMs = retentionMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - retentionMs;
    return {
      minTimeMs: Math.max(keptFromMs, -TIMESTAMP_ABS_MAX_MS),
      maxTimeMs: Math.min(nowMs + aheadMaxMs, TIMESTAMP_ABS_MAX_MS),
    };
  }
}

function blockStats(entry: ManifestEntry): BlockStats {
  const { id, minTimeMs, maxTimeMs, series, samples, bytes } = entry;
  return { id, minTimeMs, maxTimeMs, series, samples, bytes };
}

function overloaded(appends: number): MonError {
  return new MonError({
    code: 'overloaded',
    what: 'Cannot take the samples',
    why: `${appends} appends are under way, as many as may be`,
    mend: 'Send again after a pause, with fewer connections or larger bodies.',
    retryable: true,
  });
}
