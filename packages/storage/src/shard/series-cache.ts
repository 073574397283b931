/**
 * What a shard knows of series by the hash of their label bytes: hash -> owner, ref.
 *
 * Only a cache: the identity of a series is its sorted labels. All 128 bits are compared. Entries
 * stand in the order in which series came first, since they come in that order again: the entry
 * after the last one found is tried before the hash table, and is next in memory. The table lies in
 * the shard's memory; what looks at many entries is `kernels/series-cache.ts`.
 */
import { loadKernel } from '../memory/load-kernel.ts';
import { PAGE_BYTES, type ShardMemory } from '../memory/shard-memory.ts';

/** Words of an entry: four of the hash, ref, owner. */
const ENTRY_WORDS = 6;
/** 8192 entries fill three pages exactly. */
const ROW_BITS = 13;
const ROW_ENTRIES = 1 << ROW_BITS;
const ROW_PAGES = (ROW_ENTRIES * ENTRY_WORDS * 4) / PAGE_BYTES;
const HASH_WORDS = 4;
/** The table of slots is in parts that grow each by itself, a few milliseconds at most. */
const PART_BITS = 4;
const PARTS = 1 << PART_BITS;
const PART_SLOTS_MIN = PAGE_BYTES / 4;
const NOT_FOUND = 0xffffffff;

/** Words of the head page: what the kernel reads, a hash that it is to find, addresses of rows. */
const HEAD_COUNT = 0;
const HEAD_EXPECTED = 1;
const HEAD_ROWS = 2;
const HEAD_PARTS = 4;
const HEAD_HASH = HEAD_PARTS + 2 * PARTS;
const HEAD_ROW_TABLE = 256;

interface CacheKernel {
  find(cache: number, hash: number): number;
  claimSlot(cache: number, entry: number): void;
  claimSlots(cache: number, before: number, count: number): void;
  hash(key: number, domain: number, from: number, to: number, out: number): void;
  findAll(cache: number, key: number, domain: number, batch: number): number;
}

export interface CachedSeries {
  readonly owner: number;
  readonly ref: number;
}

export class SeriesCache {
  readonly #memory: ShardMemory;
  readonly #kernel: CacheKernel;
  #table: CacheTable;
  /** Owner of the series that `find` found last. */
  foundOwner = 0;
  /** Settles when no `forget` is under way: two at once would bring back what the other dropped. */
  forgetting: Promise<void> = Promise.resolve();

  constructor(memory: ShardMemory) {
    this.#memory = memory;
    this.#kernel = loadKernel<CacheKernel>('series-cache', memory.memory);
    this.#table = new CacheTable(memory, this.#kernel);
  }

  get count(): number {
    return this.#table.count;
  }

  get bytes(): number {
    return this.#table.bytes;
  }

  /** The ref under a hash, its owner in `foundOwner`; -1 where none is known. */
  find(hash: Int32Array, at: number): number {
    const entry = this.#table.find(hash, at);
    if (entry < 0) return -1;
    const { ref, owner } = this.#table.read(entry);
    this.foundOwner = owner;
    return ref;
  }

  /**
   * Hashes and looks up the series of a batch; its layout and results: `kernels/series-cache.ts`.
   *
   * @param key address of 64 secret bytes
   * @returns how many are unknown
   */
  findAll(key: number, domain: number, batch: number): number {
    return this.#kernel.findAll(this.#table.address, key, domain, batch);
  }

  /** Remembers a series; one that is known under the hash is replaced. */
  set(hash: Int32Array, at: number, series: CachedSeries): void {
    const known = this.#table.find(hash, at);
    if (known >= 0) this.#table.write(known, series);
    else this.#table.add(hash, at, series);
  }

  /**
   * Forgets an owner's series for which `isGone` holds. Yields between rows; series that are added
   * meanwhile are kept, and what is gone is found no more from the start. One at a time: see
   * `forgetting`.
   */
  *forget(owner: number, isGone: (ref: number) => boolean): Generator<void> {
    const before = this.#table;
    this.#table = new CacheTable(this.#memory, this.#kernel);
    const hash = new Int32Array(HASH_WORDS);
    for (let entry = 0; entry < before.count; entry++) {
      if (entry % ROW_ENTRIES === ROW_ENTRIES - 1) yield;
      const series = before.read(entry);
      if (series.owner === owner && isGone(series.ref)) continue;
      before.readHash(entry, hash);
      // One that came again meanwhile is newer.
      if (this.#table.find(hash, 0) < 0) this.#table.add(hash, 0, series);
    }
    before.release();
  }
}

/** The table itself: a head page, rows of entries, parts of slots. */
class CacheTable {
  readonly address: number;
  readonly #memory: ShardMemory;
  readonly #kernel: CacheKernel;
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #rows: Int32Array<SharedArrayBuffer>[] = [];
  readonly #partCounts = new Uint32Array(PARTS);
  #slotPages = 0;

  constructor(memory: ShardMemory, kernel: CacheKernel) {
    this.#memory = memory;
    this.#kernel = kernel;
    this.address = memory.allocate();
    this.#head = new Int32Array(memory.buffer, this.address, PAGE_BYTES / 4);
    this.#head[HEAD_ROWS] = this.address + 4 * HEAD_ROW_TABLE;
    for (let part = 0; part < PARTS; part++) this.#setSlots(part, PART_SLOTS_MIN);
  }

  get count(): number {
    return this.#head[HEAD_COUNT] as number;
  }

  get bytes(): number {
    return (1 + this.#rows.length * ROW_PAGES + this.#slotPages) * PAGE_BYTES;
  }

  /** Number of the entry with a hash, or -1. */
  find(hash: Int32Array, at: number): number {
    const head = this.#head;
    const expected = head[HEAD_EXPECTED] as number;
    let entry = expected;
    if (expected >= this.count || !this.#isEntry(expected, hash, at)) {
      for (let i = 0; i < HASH_WORDS; i++) head[HEAD_HASH + i] = hash[at + i] as number;
      entry = this.#kernel.find(this.address, this.address + 4 * HEAD_HASH) >>> 0;
      if (entry === NOT_FOUND) return -1;
    }
    head[HEAD_EXPECTED] = entry + 1;
    return entry;
  }

  add(hash: Int32Array, at: number, series: CachedSeries): void {
    const entry = this.count;
    if (entry >>> ROW_BITS === this.#rows.length) this.#addRow();
    const row = this.#rows[entry >>> ROW_BITS] as Int32Array;
    const word = (entry & (ROW_ENTRIES - 1)) * ENTRY_WORDS;
    for (let i = 0; i < HASH_WORDS; i++) row[word + i] = hash[at + i] as number;
    this.write(entry, series);
    this.#head[HEAD_COUNT] = entry + 1;
    const part = (hash[at + 3] as number) >>> (32 - PART_BITS);
    const inPart = (this.#partCounts[part] as number) + 1;
    this.#partCounts[part] = inPart;
    if (inPart * 2 > this.#slotCount(part)) this.#growPart(part);
    this.#kernel.claimSlot(this.address, entry);
  }

  read(entry: number): CachedSeries {
    const row = this.#rows[entry >>> ROW_BITS] as Int32Array;
    const word = (entry & (ROW_ENTRIES - 1)) * ENTRY_WORDS;
    return { ref: (row[word + 4] as number) >>> 0, owner: row[word + 5] as number };
  }

  readHash(entry: number, out: Int32Array): void {
    const row = this.#rows[entry >>> ROW_BITS] as Int32Array;
    const word = (entry & (ROW_ENTRIES - 1)) * ENTRY_WORDS;
    for (let i = 0; i < HASH_WORDS; i++) out[i] = row[word + i] as number;
  }

  write(entry: number, { owner, ref }: CachedSeries): void {
    const row = this.#rows[entry >>> ROW_BITS] as Int32Array;
    const word = (entry & (ROW_ENTRIES - 1)) * ENTRY_WORDS;
    row[word + 4] = ref;
    row[word + 5] = owner;
  }

  release(): void {
    const memory = this.#memory;
    for (const row of this.#rows) memory.release(row.byteOffset, ROW_PAGES);
    for (let part = 0; part < PARTS; part++) {
      memory.release(this.#slotsAt(part), (this.#slotCount(part) * 4) / PAGE_BYTES);
    }
    memory.release(this.address);
  }

  #isEntry(entry: number, hash: Int32Array, at: number): boolean {
    const row = this.#rows[entry >>> ROW_BITS] as Int32Array;
    const word = (entry & (ROW_ENTRIES - 1)) * ENTRY_WORDS;
    return (
      row[word] === hash[at] &&
      row[word + 1] === hash[at + 1] &&
      row[word + 2] === hash[at + 2] &&
      row[word + 3] === hash[at + 3]
    );
  }

  #addRow(): void {
    const address = this.#memory.allocate(ROW_PAGES);
    this.#head[HEAD_ROW_TABLE + this.#rows.length] = address;
    this.#rows.push(new Int32Array(this.#memory.buffer, address, ROW_ENTRIES * ENTRY_WORDS));
  }

  #slotsAt(part: number): number {
    return (this.#head[HEAD_PARTS + 2 * part] as number) >>> 0;
  }

  #slotCount(part: number): number {
    return (this.#head[HEAD_PARTS + 2 * part + 1] as number) + 1;
  }

  #setSlots(part: number, slots: number): void {
    const pages = (slots * 4) / PAGE_BYTES;
    this.#head[HEAD_PARTS + 2 * part] = this.#memory.allocate(pages);
    this.#head[HEAD_PARTS + 2 * part + 1] = slots - 1;
    this.#slotPages += pages;
  }

  #growPart(part: number): void {
    const before = this.#slotsAt(part);
    const slots = this.#slotCount(part);
    this.#setSlots(part, slots * 2);
    // The entry that made it grow stands in no slot yet.
    this.#kernel.claimSlots(this.address, before, slots);
    const pages = (slots * 4) / PAGE_BYTES;
    this.#memory.release(before, pages);
    this.#slotPages -= pages;
  }
}
