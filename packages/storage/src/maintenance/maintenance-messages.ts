/**
 * What passes between main and the maintenance thread.
 */
import type { MessagePort } from 'node:worker_threads';
import type { HashKey } from '../index/series-hash.ts';
import type { ManifestOpening } from '../manifest/manifest.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import type { DamagedBlock } from './damaged-blocks.ts';

/** From main, with the thread's start. */
export interface MaintenanceStart {
  readonly dataDir: string;
  /** One port for each shard. */
  readonly shards: readonly MessagePort[];
  readonly ballastBytesMax: number;
}

export interface MaintenanceOpening {
  readonly hashKey: HashKey;
  readonly live: LiveBlocks;
  /** Generations up to this one are in directories. */
  readonly cutThrough: number;
  readonly manifest: ManifestOpening;
}

/** Which directories live; a higher version is newer. */
export interface LiveBlocks {
  readonly version: number;
  /** Those that can be read. */
  readonly entries: readonly ManifestEntry[];
  /** Those that are listed and cannot. */
  readonly damaged: readonly DamagedBlock[];
}

/** A change of the manifest, and the directories that may go once nobody reads them. */
export interface BlockChange {
  readonly live: LiveBlocks;
  readonly removed: readonly string[];
}

/** Main calls maintenance. */
export type MaintenanceCalls = {
  open(ask: null): MaintenanceOpening;
  /** Writes the frozen generation of all shards into one directory. */
  cut(ask: {
    /** The first generation that no directory has, and the frozen one. */
    readonly from: number;
    readonly through: number;
  }): Promise<BlockChange>;
  /** Makes the next merge; null where there is none. */
  merge(ask: {
    readonly until: 'usual' | 'days';
    readonly job: number;
  }): Promise<BlockChange | null>;
  /** Ends a merge early; one that has ended is passed over. */
  cancelMerge(job: number): null;
  /** Takes what has expired out of the manifest. */
  expire(ask: { readonly nowMs: number; readonly retentionMs: number | undefined }): BlockChange;
  /** Deletes directories that the manifest does not list any more. */
  remove(ids: readonly string[]): null;
  /** Makes the ballast whole; false where there is no room for it and what is written next. */
  fillBallast(ask: null): boolean;
  /** Gives most of the ballast back to the file system. */
  releaseBallast(ask: null): null;
  close(ask: null): null;
};
