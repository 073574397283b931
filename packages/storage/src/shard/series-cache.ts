/**
 * What a shard knows of series by their raw label bytes: raw hash -> owner, ref.
 *
 * Only a cache: the identity of a series is its sorted labels. All 128 bits are compared. Entries
 * stand in the order in which series came first, since they come in that order again: the entry
 * after the last one found is tried before the hash table, and is next in memory.
 */
import { RAW_HASH_WORDS } from './raw-hash.ts';

/** Words of an entry: four of the hash, ref, owner. */
const ENTRY_WORDS = 6;
const PAGE_BITS = 12;
const PAGE_ENTRIES = 1 << PAGE_BITS;
/** The table of slots is in parts that grow each by itself, a few milliseconds at most. */
const PART_BITS = 4;
const PARTS = 1 << PART_BITS;
const SLOTS_MIN = 256;

export class SeriesCache {
  #pages: Int32Array[] = [];
  #count = 0;
  /** Open addressing: number of an entry + 1, or 0. */
  #parts = Array.from({ length: PARTS }, () => new Uint32Array(SLOTS_MIN));
  #partCounts = new Uint32Array(PARTS);
  /** The entry that is tried first. */
  #expected = 0;
  /** Owner of the series that `find` found last. */
  foundOwner = 0;
  /** Settles when no `forget` is under way: two at once would bring back what the other dropped. */
  forgetting: Promise<void> = Promise.resolve();

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    const slots = this.#parts.reduce((sum, part) => sum + part.byteLength, 0);
    return slots + this.#pages.length * PAGE_ENTRIES * ENTRY_WORDS * 4;
  }

  /** The ref under a hash, its owner in `foundOwner`; -1 where none is known. */
  find(hash: Int32Array, at: number): number {
    let entry = this.#expected;
    if (entry >= this.#count || !this.#isEntry(entry, hash, at)) {
      entry = this.#lookUp(hash, at);
      if (entry < 0) return -1;
    }
    this.#expected = entry + 1;
    const page = this.#pages[entry >>> PAGE_BITS] as Int32Array;
    const word = (entry & (PAGE_ENTRIES - 1)) * ENTRY_WORDS;
    this.foundOwner = page[word + 5] as number;
    return (page[word + 4] as number) >>> 0;
  }

  /** Remembers a series; one that is known under the hash is replaced. */
  set(
    hash: Int32Array,
    at: number,
    series: { readonly owner: number; readonly ref: number },
  ): void {
    const known = this.#lookUp(hash, at);
    const entry = known >= 0 ? known : this.#add(hash, at);
    const page = this.#pages[entry >>> PAGE_BITS] as Int32Array;
    const word = (entry & (PAGE_ENTRIES - 1)) * ENTRY_WORDS;
    page[word + 4] = series.ref;
    page[word + 5] = series.owner;
  }

  /**
   * Forgets an owner's series for which `isGone` holds. Yields between pages; series that are added
   * meanwhile are kept, and what is gone is found no more from the start. One at a time: see
   * `forgetting`.
   */
  *forget(owner: number, isGone: (ref: number) => boolean): Generator<void> {
    const kept = new SeriesCache();
    const pages = this.#pages;
    const count = this.#count;
    this.#become(kept);
    for (let entry = 0; entry < count; entry++) {
      if (entry % PAGE_ENTRIES === PAGE_ENTRIES - 1) yield;
      const page = pages[entry >>> PAGE_BITS] as Int32Array;
      const word = (entry & (PAGE_ENTRIES - 1)) * ENTRY_WORDS;
      const ref = (page[word + 4] as number) >>> 0;
      const itsOwner = page[word + 5] as number;
      if (itsOwner === owner && isGone(ref)) continue;
      // One that came again meanwhile is newer.
      if (this.#lookUp(page, word) < 0) this.set(page, word, { owner: itsOwner, ref });
    }
  }

  #become(other: SeriesCache): void {
    this.#pages = other.#pages;
    this.#count = other.#count;
    this.#parts = other.#parts;
    this.#partCounts = other.#partCounts;
    this.#expected = 0;
  }

  #isEntry(entry: number, hash: Int32Array, at: number): boolean {
    const page = this.#pages[entry >>> PAGE_BITS] as Int32Array;
    const word = (entry & (PAGE_ENTRIES - 1)) * ENTRY_WORDS;
    return (
      page[word] === hash[at] &&
      page[word + 1] === hash[at + 1] &&
      page[word + 2] === hash[at + 2] &&
      page[word + 3] === hash[at + 3]
    );
  }

  /** Number of the entry with a hash, or -1. */
  #lookUp(hash: Int32Array, at: number): number {
    const slots = this.#parts[partOf(hash, at)] as Uint32Array;
    const mask = slots.length - 1;
    for (let slot = (hash[at] as number) & mask; ; slot = (slot + 1) & mask) {
      const entry = (slots[slot] as number) - 1;
      if (entry < 0 || this.#isEntry(entry, hash, at)) return entry;
    }
  }

  #add(hash: Int32Array, at: number): number {
    const entry = this.#count++;
    if (entry >>> PAGE_BITS === this.#pages.length) {
      this.#pages.push(new Int32Array(PAGE_ENTRIES * ENTRY_WORDS));
    }
    const page = this.#pages[entry >>> PAGE_BITS] as Int32Array;
    const word = (entry & (PAGE_ENTRIES - 1)) * ENTRY_WORDS;
    for (let i = 0; i < RAW_HASH_WORDS; i++) page[word + i] = hash[at + i] as number;
    const part = partOf(hash, at);
    const inPart = (this.#partCounts[part] as number) + 1;
    this.#partCounts[part] = inPart;
    const slots = this.#parts[part] as Uint32Array;
    if (inPart * 2 > slots.length) this.#growPart(part);
    claimSlot(this.#parts[part] as Uint32Array, hash[at] as number, entry);
    return entry;
  }

  #growPart(part: number): void {
    const old = this.#parts[part] as Uint32Array;
    const slots = new Uint32Array(old.length * 2);
    for (const taken of old) {
      if (taken === 0) continue;
      const page = this.#pages[(taken - 1) >>> PAGE_BITS] as Int32Array;
      const word = ((taken - 1) & (PAGE_ENTRIES - 1)) * ENTRY_WORDS;
      claimSlot(slots, page[word] as number, taken - 1);
    }
    this.#parts[part] = slots;
  }
}

function partOf(hash: Int32Array, at: number): number {
  return (hash[at + 3] as number) >>> (32 - PART_BITS);
}

function claimSlot(slots: Uint32Array, hash: number, entry: number): void {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = entry + 1;
}
