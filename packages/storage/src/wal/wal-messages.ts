/**
 * What passes between the log thread, the shards and main.
 */
import type { MessagePort } from 'node:worker_threads';
import type { TornTail } from '../log/segment-log.ts';
import type { WasmMemory } from '../memory/web-assembly.ts';

/** From main, with the thread's start. */
export interface LogThreadStart {
  readonly dir: string;
  readonly segmentBytesMax: number;
  /** `always`, or sync at most so many ms after a commit. */
  readonly fsync: 'always' | { readonly intervalMs: number };
  /** A port and the memory of each shard. */
  readonly shards: readonly MessagePort[];
  readonly memories: readonly WasmMemory[];
  readonly counters: SharedArrayBuffer;
}

/** Entries of the counters that the log thread keeps, a Float64Array. */
export const WAL_COUNTERS = { bytes: 0, commits: 1, syncSeconds: 2 } as const;
export const WAL_COUNTERS_LENGTH = 3;

/** Main calls the log thread. */
export type LogThreadCalls = {
  /** Opens the log; answers what was cut off, and which segments are there. */
  open(ask: null): { readonly tornTail: TornTail | null; readonly segments: readonly number[] };
  /** Highest generation by segment number, as replay found them. */
  noteReplayed(ask: readonly (readonly [segment: number, generation: number])[]): null;
  /** Removes what a cut covers. */
  removeThrough(generation: number): null;
  /** Takes records again after the disk was full. */
  resume(ask: null): null;
  /** Syncs and closes. */
  close(ask: null): null;
};

/** The log thread tells main. */
export type LogThreadReports = {
  failed(failure: WalFailure): null;
};

export interface WalFailure {
  readonly isDiskFull: boolean;
  readonly reason: string;
}

/**
 * A shard to the log thread: records to commit, or word that it has seen a failure. Records stand
 * in the shard's memory, framed, until they are answered.
 */
export type WalRequest =
  | {
      readonly kind: 'records';
      /** For each piece of one generation: that, address, bytes. */
      readonly records: readonly number[];
    }
  | { readonly kind: 'failure-seen' };

/** The log thread to a shard: the next `count` pieces are durable, or refused. */
export type WalReply = WalOutcome & {
  readonly count: number;
};

type WalOutcome = { readonly kind: 'committed' } | ({ readonly kind: 'failed' } & WalFailure);
