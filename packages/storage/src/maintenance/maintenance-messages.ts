/**
 * What passes between main and the maintenance thread.
 */
import type { MessagePort } from 'node:worker_threads';
import type { HashKey } from '../index/series-hash.ts';
import type { ManifestOpening } from '../manifest/manifest.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';

/** From main, with the thread's start. */
export interface MaintenanceStart {
  readonly dataDir: string;
  /** One port for each shard. */
  readonly shards: readonly MessagePort[];
}

export interface MaintenanceOpening {
  readonly hashKey: HashKey;
  readonly live: readonly ManifestEntry[];
  /** Generations up to this one are in directories. */
  readonly cutThrough: number;
  readonly manifest: ManifestOpening;
}

/** Main calls maintenance. */
export type MaintenanceCalls = {
  open(ask: null): MaintenanceOpening;
  close(ask: null): null;
};
