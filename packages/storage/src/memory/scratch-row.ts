/**
 * A row of pages for what lives no longer than one call; it grows to the largest that was asked
 * for.
 */
import { PAGE_BYTES, type ShardMemory } from './shard-memory.ts';

export class ScratchRow {
  readonly #memory: ShardMemory;
  #address = 0;
  #pages = 0;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
  }

  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  /** The address of at least so many bytes, with anything in them; those before are void. */
  reserve(bytes: number): number {
    const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
    if (pages <= this.#pages) return this.#address;
    const grown = Math.max(pages, this.#pages * 2);
    this.release();
    this.#pages = grown;
    this.#address = this.#memory.allocate(this.#pages);
    return this.#address;
  }

  release(): void {
    if (this.#pages > 0) this.#memory.release(this.#address, this.#pages);
    this.#pages = 0;
  }
}
