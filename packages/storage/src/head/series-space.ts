/**
 * Where the series of a head are kept in the shard's memory: layout and the kernel over it. The
 * layout is that of `kernels/parts/series-memory.ts`; see docs/architecture.md, "Head".
 */

import { loadKernel } from '../memory/load-kernel.ts';
import { PAGE_BYTES, type ShardMemory } from '../memory/shard-memory.ts';
import { assert } from '../model/assert.ts';

/** `kernels/series.ts` */
export interface SeriesKernel {
  prepare(base: number): void;
  tenantRoot(base: number, tenant: number): number;
  pairId(base: number, tenant: number, at: number, bytes: number): number;
  findSeries(
    base: number,
    tenant: number,
    rows: number,
    count: number,
    prefix: number,
    prefixBytes: number,
    scratch: number,
  ): number;
  lookUp(base: number, tenant: number, row: number): number;
  addSeries(base: number, tenant: number, rows: number, from: number, count: number): number;
  detachSeries(base: number, ref: number): void;
  freeSeries(base: number, ref: number): void;
  addPosting(base: number, pair: number, ref: number): void;
  clearPostings(base: number, pair: number): void;
}

/** Words of the header. */
const HEADER = {
  spareCount: 0,
  pairsEnd: 3,
  seriesEnd: 5,
  seriesCount: 7,
  secret: 16,
  hashKey: 20,
};
const SPARES_WORD = 256;
/** Pages kept to spare, and how few make it necessary to take more; the kernel asks for 24. */
const SPARES = 48;
const SPARES_LOW = 32;

/** Pages of page addresses, behind the header. */
const PAIR_ROWS = PAGE_BYTES;
const SERIES_ROWS = 2 * PAGE_BYTES;
const ROOT_PAGES = 5;
const PAIRS_PER_PAGE = 910;
const PAIR_WORDS = 18;
const SERIES_PER_PAGE = 3276;
const SERIES_WORDS = 5;

/** Words of a pair's row. */
export const PAIR = { text: 0, textBytes: 1, tenant: 3, parent: 4, child: 5, next: 6 } as const;
/** The same, of its postings. */
export const POSTINGS = { count: 8, first: 9, write: 10, runStart: 13, runLast: 14 } as const;
/** Words of a series' row. */
export const SERIES = { pairs: 0, tenant: 1, shardHash: 2, low: 3, high: 4 } as const;

export class SeriesSpace {
  readonly memory: ShardMemory;
  readonly kernel: SeriesKernel;
  readonly base: number;
  #bytes: Uint8Array<SharedArrayBuffer>;
  #words: Uint32Array<SharedArrayBuffer>;
  #text: Buffer;
  #pages = ROOT_PAGES;

  constructor(
    memory: ShardMemory,
    setup: { readonly hashKey: Uint8Array; readonly secret: Uint8Array },
  ) {
    this.memory = memory;
    this.kernel = loadKernel<SeriesKernel>('series', memory.memory);
    this.base = memory.allocate(ROOT_PAGES);
    this.#bytes = memory.bytes;
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#text = Buffer.from(this.#bytes.buffer);
    this.refill();
    this.bytes.set(setup.secret, this.base + 4 * HEADER.secret);
    this.bytes.set(setup.hashKey, this.base + 4 * HEADER.hashKey);
    this.kernel.prepare(this.base);
  }

  /** All of the memory; these three are taken anew after whatever may allocate. */
  get bytes(): Uint8Array<SharedArrayBuffer> {
    if (this.#bytes !== this.memory.bytes) this.#renew();
    return this.#bytes;
  }

  get words(): Uint32Array<SharedArrayBuffer> {
    if (this.#bytes !== this.memory.bytes) this.#renew();
    return this.#words;
  }

  /** `bytes`, to read and write texts. */
  get text(): Buffer {
    if (this.#bytes !== this.memory.bytes) this.#renew();
    return this.#text;
  }

  #renew(): void {
    this.#bytes = this.memory.bytes;
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#text = Buffer.from(this.#bytes.buffer);
  }

  /** Bytes of all pages taken, those to spare not counted. */
  get used(): number {
    return (this.#pages - this.#header(HEADER.spareCount)) * PAGE_BYTES;
  }

  /** Sees to it that the kernel has pages to go on with. */
  refill(): void {
    const count = this.#header(HEADER.spareCount);
    if (count >= SPARES_LOW) return;
    for (let i = count; i < SPARES; i++) {
      const page = this.memory.allocate();
      this.#pages++;
      this.words[this.base / 4 + SPARES_WORD + i] = page;
    }
    this.words[this.base / 4 + HEADER.spareCount] = SPARES;
  }

  /** One more than the largest pair id given out so far. */
  get pairsEnd(): number {
    return this.#header(HEADER.pairsEnd);
  }

  get seriesEnd(): number {
    return this.#header(HEADER.seriesEnd);
  }

  get seriesCount(): number {
    return this.#header(HEADER.seriesCount);
  }

  /** Index in `words` of a pair's row. */
  pairRow(pair: number): number {
    const page = Math.floor(pair / PAIRS_PER_PAGE);
    const at = this.words[(this.base + PAIR_ROWS) / 4 + page] as number;
    assert(at !== 0, `no pair ${pair}`);
    return at / 4 + (pair - page * PAIRS_PER_PAGE) * PAIR_WORDS;
  }

  /** Index in `words` of a series' row. */
  seriesRow(ref: number): number {
    const page = Math.floor(ref / SERIES_PER_PAGE);
    const at = this.words[(this.base + SERIES_ROWS) / 4 + page] as number;
    assert(at !== 0, `no series ${ref}`);
    return at / 4 + (ref - page * SERIES_PER_PAGE) * SERIES_WORDS;
  }

  #header(word: number): number {
    return this.words[this.base / 4 + word] as number;
  }
}
