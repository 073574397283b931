/**
 * What a database is opened with and what it reports: resolved once at the edge, complete.
 */
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
}

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
  readonly walBytes: number;
  readonly samplesAppended: number;
  readonly samplesRejected: number;
  readonly walCommits: number;
  readonly walSyncSeconds: number;
  readonly cuts: number;
  readonly merges: number;
  /** Set while the disk is full and writes are refused. */
  readonly diskFull: boolean;
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
