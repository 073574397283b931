/**
 * The directories that a shard reads from, and how they change under readers.
 */
import { join } from 'node:path';
import type { BlockCache } from '../block/block-cache.ts';
import type { LiveBlocks } from '../maintenance/maintenance-messages.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';

export class BlockSet {
  readonly cache: BlockCache;
  readonly #folder: string;
  #live: LiveBlocks;

  constructor(dataDir: string, live: LiveBlocks, cache: BlockCache) {
    this.cache = cache;
    this.#folder = join(dataDir, 'blocks');
    this.#live = live;
  }

  /** Directories with samples in a time range, by generation: of two, the later one is right. */
  within(range: { readonly startMs: number; readonly endMs: number }): string[] {
    return this.#live.entries
      .filter(({ minTimeMs, maxTimeMs }) => minTimeMs <= range.endMs && maxTimeMs >= range.startMs)
      .sort((a, b) => a.generations.max - b.generations.max)
      .map((entry) => this.#dirOf(entry));
  }

  /**
   * Reads from other directories from now on.
   *
   * @returns those that are not read any more once present readers have ended
   */
  swap(live: LiveBlocks): string[] {
    if (live.version <= this.#live.version) return [];
    const kept = new Set(live.entries.map(({ id }) => id));
    const left = this.#live.entries.filter(({ id }) => !kept.has(id));
    this.#live = live;
    return left.map((entry) => this.#dirOf(entry));
  }

  #dirOf({ id }: ManifestEntry): string {
    return join(this.#folder, id);
  }
}
