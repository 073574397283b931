/**
 * The directories that other threads have open, held open by this one: see `opening-holder.ts`.
 */
import { assert } from '../model/assert.ts';
import { LevelDatabase } from './level-database.ts';

interface Held {
  count: number;
  readonly opened: Promise<LevelDatabase>;
}

export class HeldOpenings {
  readonly #held = new Map<string, Held>();
  /** The end of the last closing of a directory; it is not opened again before. */
  readonly #closing = new Map<string, Promise<void>>();

  /** How many directories are held. */
  get size(): number {
    return this.#held.size;
  }

  /** @throws MonError as `LevelDatabase.open` */
  async hold(dir: string): Promise<void> {
    const held = this.#held.get(dir) ?? this.#open(dir);
    held.count++;
    try {
      await held.opened;
    } catch (error) {
      if (this.#held.get(dir) === held) this.#held.delete(dir);
      throw error;
    }
  }

  release(dir: string): void {
    const held = this.#held.get(dir);
    assert(held !== undefined, `${dir} is not held`);
    held.count--;
    if (held.count > 0) return;
    this.#held.delete(dir);
    const closed = held.opened.then((database) => database.close());
    this.#closing.set(dir, closed);
    closed.finally(() => {
      if (this.#closing.get(dir) === closed) this.#closing.delete(dir);
    });
  }

  /** Resolves when all that was released is closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing.values());
  }

  #open(dir: string): Held {
    const before = this.#closing.get(dir) ?? Promise.resolve();
    const held = { count: 0, opened: before.then(() => LevelDatabase.open(dir)) };
    this.#held.set(dir, held);
    return held;
  }
}
