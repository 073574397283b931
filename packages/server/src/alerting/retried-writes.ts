/**
 * Writes to the MetaStore that must not hold their writer up: one batch at a time, in order; what
 * the disk refuses is kept and tried again with the next write.
 *
 * Bounded by the number of distinct keys: a newer change of a key replaces the one that waits.
 */
import { MonError } from '@mon/storage/model/error';
import type { MetaChange, MetaStore } from '@mon/storage/model/meta-store';

export class RetriedWrites {
  readonly #meta: MetaStore;
  readonly #onFailure: (error: MonError) => void;
  #waiting = new Map<string, MetaChange>();
  #flushing: Promise<void> | undefined;

  constructor(meta: MetaStore, onFailure: (error: MonError) => void) {
    this.#meta = meta;
    this.#onFailure = onFailure;
  }

  /** Resolves when the changes are durable, or were refused and wait. */
  async write(changes: readonly MetaChange[]): Promise<void> {
    for (const change of changes) {
      // Deleting first keeps the order of the last changes.
      this.#waiting.delete(change.key);
      this.#waiting.set(change.key, change);
    }
    if (this.#waiting.size === 0) return;
    while (this.#flushing) await this.#flushing;
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    if (batch.size === 0) return;
    this.#waiting = new Map();
    try {
      await this.#meta.write([...batch.values()]);
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      for (const [key, change] of this.#waiting) batch.set(key, change);
      this.#waiting = batch;
      this.#onFailure(thrown);
    }
  }
}
