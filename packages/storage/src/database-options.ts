/**
 * What a database is opened with and what it reports: resolved once at the edge, complete.
 */

import type { DamagedBlock } from './maintenance/damaged-blocks.ts';
import { memoryBudgetDefault } from './maintenance/memory-budget.ts';
import type { Clock } from './model/clock.ts';

export interface DatabaseOptions {
  readonly dataDir: string;
  /** Shard workers; may change at any start. */
  readonly shards: number;
  /** Samples older than this are refused and expire; undefined keeps everything, of any age. */
  readonly retentionMs: number | undefined;
  /** Samples further ahead of the clock than this are refused. */
  readonly aheadMaxMs: number;
  /** `always`: fdatasync before an append is answered; else at most so many ms later. */
  readonly fsync: 'always' | { readonly intervalMs: number };
  readonly clock: Clock;
  readonly log: StorageLog;
  /** Called when replay of the log begins, with how far it is whenever that is asked. */
  readonly onReplay?: (progress: () => ReplayProgress) => void;
  /** The shards' worker file, where the composition root adds streams of its own (`runShard`). */
  readonly shardWorker?: URL;
  /** Bounds that tests and small machines change; each has a default. */
  readonly bounds?: Partial<StorageBounds>;
}

/** How far replay of the log is. */
export interface ReplayProgress {
  /** Numbers of the first and the last segment, 0 where there is none. */
  readonly first: number;
  readonly last: number;
  /** Segments that all shards are done with, of so many. */
  readonly done: number;
  readonly segments: number;
}

export interface StorageBounds {
  /** Sample memory of all heads that starts a cut; at twice this appends wait for it. */
  readonly headBytesMax: number;
  /** What the heads may take in all: series, their index, samples. */
  readonly memoryBytesMax: number;
  /** Time between two cuts. */
  readonly cutIntervalMs: number;
  /** Size at which a segment of the WAL is followed by the next. */
  readonly segmentBytesMax: number;
  /** Appends that may be under way at once; more are refused as `overloaded`. */
  readonly appendsMax: number;
  /** Size of the ballast that is given back on a full disk; at most 1 % of the file system. */
  readonly ballastBytesMax: number;
}

export const STORAGE_BOUNDS: StorageBounds = {
  headBytesMax: 128 * 1024 * 1024,
  memoryBytesMax: memoryBudgetDefault(),
  cutIntervalMs: 30 * 60 * 1000,
  segmentBytesMax: 64 * 1024 * 1024,
  appendsMax: 1024,
  ballastBytesMax: 64 * 1024 * 1024,
};

/** Where storage says what happened: one line, fields beside it. pino fits. */
export interface StorageLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const RETENTION_DEFAULT_MS = 450 * 24 * 3600 * 1000;
export const AHEAD_MAX_DEFAULT_MS = 10 * 60 * 1000;

export interface DatabaseStats {
  readonly headSeries: number;
  readonly headSamples: number;
  readonly headMinTimeMs: number | undefined;
  readonly headMaxTimeMs: number | undefined;
  readonly blocks: readonly BlockStats[];
  /** Listed, and not served, since they cannot be read. */
  readonly damagedBlocks: readonly DamagedBlock[];
  /** What the heads hold, of at most `memoryBytesMax`. */
  readonly memoryBytes: number;
  readonly memoryBytesMax: number;
  /** How short memory is: 0, 1 (what explodes is kept out), 2 (no new series fits). */
  readonly memoryPressure: number;
  /** Labels of metrics whose new series are refused, counted in each shard. */
  readonly quarantines: number;
  readonly seriesRefused: number;
  readonly walBytes: number;
  readonly samplesAppended: number;
  readonly headExemplars: number;
  readonly exemplarsStored: number;
  /** Not valid, out of the time bounds, or older than the newest of their series. */
  readonly exemplarsRefused: number;
  /** Dropped for newer ones, since a head holds only so many. */
  readonly exemplarsDropped: number;
  /** Sessions of the mon wire, series in their dictionaries, bytes of these. */
  readonly wireSessions: number;
  readonly wireSeries: number;
  readonly wireBytes: number;
  readonly samplesRejected: number;
  readonly walCommits: number;
  readonly walSyncSeconds: number;
  readonly cuts: number;
  readonly merges: number;
  /** Set while the disk is full and writes are refused. */
  readonly diskFull: boolean;
  /** Of at most `appendsMax`. */
  readonly appendsUnderWay: number;
  /** Damaged places that the last start met in the log, and samples it could not place for that. */
  readonly walDamages: number;
  readonly walSamplesLost: number;
}

export interface BlockStats {
  readonly id: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly series: number;
  readonly samples: number;
  readonly bytes: number;
}

/** What a job did, for logs, the API and the CLI. */
export interface JobReport {
  readonly job: 'compact' | 'retention';
  readonly blocksBefore: number;
  readonly blocksAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly elapsedMs: number;
}
