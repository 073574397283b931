/**
 * What the refs of one shard in one generation of the log stand for, in the memory of the shard
 * that replays it.
 */
import { ScratchRow } from '../memory/scratch-row.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';

/** What a ref stands for: not defined, another shard's series, or our ref plus OWN. */
export const UNDEFINED = 0;
export const FOREIGN = 1;
export const OWN = 2;

export class LogRefs {
  readonly generation: number;
  readonly #memory: ShardMemory;
  #row: ScratchRow;
  #count = 0;
  /** Refs that there is room for. */
  #capacity = 0;
  address = 0;

  constructor(memory: ShardMemory, generation: number) {
    this.#memory = memory;
    this.#row = new ScratchRow(memory);
    this.generation = generation;
  }

  /** One more than the largest ref that was set. */
  get count(): number {
    return this.#count;
  }

  get(ref: number): number {
    return ref < this.#count ? (this.#memory.words[this.address / 4 + ref] as number) : UNDEFINED;
  }

  set(ref: number, meaning: number): void {
    if (ref >= this.#count) this.#reach(ref);
    this.#memory.words[this.address / 4 + ref] = meaning;
  }

  release(): void {
    this.#row.release();
  }

  /** Makes room for a ref; those up to it that were not set are undefined. */
  #reach(ref: number): void {
    if (ref >= this.#capacity) {
      const grown = new ScratchRow(this.#memory);
      this.#capacity = Math.max(16 * 1024, 2 * (ref + 1));
      const address = grown.reserve(4 * this.#capacity);
      const { words } = this.#memory;
      words.copyWithin(address / 4, this.address / 4, this.address / 4 + this.#count);
      this.#row.release();
      this.#row = grown;
      this.address = address;
    }
    const start = this.address / 4;
    this.#memory.words.fill(UNDEFINED, start + this.#count, start + ref + 1);
    this.#count = ref + 1;
  }
}
