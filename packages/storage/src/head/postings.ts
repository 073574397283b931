/**
 * Posting lists of the head: for each pair the refs of the series that carry it, unordered, as runs
 * in the shard's memory. Format: `kernels/parts/postings.ts`.
 */
import { PAIR, POSTINGS, type SeriesSpace } from './series-space.ts';

const SLICE_BYTES_MIN = 16;
const SLICE_BYTES_MAX = 512;
/** Refs added between two looks at the pages to spare. */
const ADDED_PER_REFILL = 4096;

export class Postings {
  readonly #space: SeriesSpace;

  constructor(space: SeriesSpace) {
    this.#space = space;
  }

  /** How many series carry a pair; 0 where the id is free. */
  count(pair: number): number {
    const { words } = this.#space;
    const row = this.#space.pairRow(pair);
    return words[row + PAIR.text] === 0 ? 0 : (words[row + POSTINGS.count] as number);
  }

  /** Copies a pair's refs into `out`, which has room for `count(pair)`. */
  copy(pair: number, out: Uint32Array): void {
    if (this.count(pair) === 0) return;
    const { words } = this.#space;
    const row = this.#space.pairRow(pair);
    const runStart = words[row + POSTINGS.runStart] as number;
    const runLast = words[row + POSTINGS.runLast] as number;
    const bytes = new SliceReader(this.#space, row);
    let at = 0;
    let last = 0;
    while (!bytes.isAtEnd) {
      const head = bytes.varint();
      const zigzag = head >>> 1;
      let ref = last + ((zigzag >>> 1) ^ -(zigzag & 1));
      const refs = head & 1 ? bytes.varint() + 2 : 1;
      for (const end = ref + refs; ref < end; ref++) out[at++] = ref;
      last = ref - 1;
    }
    for (let ref = runStart; ref <= runLast; ref++) out[at++] = ref;
  }

  /** Removes the refs for which `isGone` holds; gives back the memory that is not needed. */
  removeWhere(pair: number, isGone: (ref: number) => boolean): void {
    const refs = new Uint32Array(this.count(pair));
    this.copy(pair, refs);
    const kept = refs.filter((ref) => !isGone(ref));
    if (kept.length === refs.length) return;
    const { kernel, base } = this.#space;
    kernel.clearPostings(base, pair);
    for (let i = 0; i < kept.length; i++) {
      if (i % ADDED_PER_REFILL === 0) this.#space.refill();
      kernel.addPosting(base, pair, kept[i] as number);
    }
  }
}

/** Reads the bytes of a chain of slices. */
class SliceReader {
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #writeAt: number;
  #at: number;
  #sliceBytes = SLICE_BYTES_MIN;
  #slice: number;

  constructor({ words, bytes }: SeriesSpace, row: number) {
    this.#words = words;
    this.#bytes = bytes;
    this.#slice = words[row + POSTINGS.first] as number;
    this.#writeAt = words[row + POSTINGS.write] as number;
    this.#at = this.#slice === 0 ? this.#writeAt : this.#slice + 4;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#writeAt;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      if (this.#at === this.#slice + this.#sliceBytes) this.#nextSlice();
      const byte = this.#bytes[this.#at++] as number;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  #nextSlice(): void {
    this.#slice = this.#words[this.#slice / 4] as number;
    this.#sliceBytes = Math.min(2 * this.#sliceBytes, SLICE_BYTES_MAX);
    this.#at = this.#slice + 4;
  }
}
