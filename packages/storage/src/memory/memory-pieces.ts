/**
 * Pieces of 64 bytes, 128, and so on up to 32 KiB out of pages, larger ones in pages of their own;
 * a piece that is given back is dealt out again, and all are given back together.
 */
import { PAGE_BYTES, type ShardMemory } from './shard-memory.ts';

export const PIECE_BYTES_MIN = 64;
const PIECE_BYTES_MAX = PAGE_BYTES / 2;

export class MemoryPieces {
  readonly #memory: ShardMemory;
  /** By log2 of their length: pieces given back. */
  readonly #free: number[][] = Array.from({ length: 16 }, () => []);
  /** Address and number of pages. */
  readonly #rows: [address: number, pages: number][] = [];
  #at = 0;
  #end = 0;
  #pages = 0;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
  }

  /** Bytes of the pages that are held. */
  get bytes(): number {
    return this.#pages * PAGE_BYTES;
  }

  /** A piece of so many bytes, a power of two from 64 on, with anything in it. */
  take(bytes: number): number {
    if (bytes > PIECE_BYTES_MAX) return this.#takePages(Math.ceil(bytes / PAGE_BYTES));
    const again = this.#free[Math.log2(bytes)]?.pop();
    if (again !== undefined) return again;
    if (this.#at + bytes > this.#end) {
      this.#giveRest();
      this.#at = this.#takePages(1);
      this.#end = this.#at + PAGE_BYTES;
    }
    this.#at += bytes;
    return this.#at - bytes;
  }

  /** Gives back a piece that `take` dealt out. */
  give(address: number, bytes: number): void {
    if (bytes <= PIECE_BYTES_MAX) this.#free[Math.log2(bytes)]?.push(address);
    else this.#givePages(address);
  }

  giveAll(): void {
    for (const [address, pages] of this.#rows) this.#memory.release(address, pages);
    this.#rows.length = 0;
    for (const pieces of this.#free) pieces.length = 0;
    this.#pages = 0;
    this.#at = 0;
    this.#end = 0;
  }

  #takePages(pages: number): number {
    const address = this.#memory.allocate(pages);
    this.#rows.push([address, pages]);
    this.#pages += pages;
    return address;
  }

  #givePages(address: number): void {
    const at = this.#rows.findIndex(([start]) => start === address);
    const [row] = this.#rows.splice(at, 1);
    if (row === undefined) return;
    this.#pages -= row[1];
    this.#memory.release(...row);
  }

  /** What is left of a page goes to the smaller pieces. */
  #giveRest(): void {
    for (let bytes = PIECE_BYTES_MAX; bytes >= PIECE_BYTES_MIN; bytes /= 2) {
      if (this.#end - this.#at < bytes) continue;
      this.give(this.#at, bytes);
      this.#at += bytes;
    }
  }
}
