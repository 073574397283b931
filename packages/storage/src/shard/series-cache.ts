/**
 * What a shard knows of series by their raw label bytes: raw hash -> owner, ref.
 *
 * Only a cache: the identity of a series is its sorted labels. Open addressing in segments that
 * grow each by itself, so that growth never moves more than a few megabytes at once. All 128 bits
 * are compared.
 */

/** Words of an entry: four of the hash, ref, owner + 1 (0: free). */
const ENTRY_WORDS = 6;
const SEGMENT_BITS = 4;
const SEGMENTS = 1 << SEGMENT_BITS;
const ENTRIES_MIN = 256;

export class SeriesCache {
  readonly #segments = Array.from({ length: SEGMENTS }, () => new CacheSegment(ENTRIES_MIN));
  /** Owner of the series that `find` found last. */
  foundOwner = 0;

  get count(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.count, 0);
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.words.byteLength, 0);
  }

  /** The ref under a hash, its owner in `foundOwner`; -1 where none is known. */
  find(hash: Int32Array, at: number): number {
    const { words, mask } = this.#segments[segmentOf(hash, at)] as CacheSegment;
    const h0 = hash[at] as number;
    const h1 = hash[at + 1] as number;
    for (let i = h0 & mask; ; i = (i + 1) & mask) {
      const entry = i * ENTRY_WORDS;
      const owner = words[entry + 5] as number;
      if (owner === 0) return -1;
      if (
        words[entry] === h0 &&
        words[entry + 1] === h1 &&
        words[entry + 2] === hash[at + 2] &&
        words[entry + 3] === hash[at + 3]
      ) {
        this.foundOwner = owner - 1;
        return (words[entry + 4] as number) >>> 0;
      }
    }
  }

  /** Remembers a series; one that is known under the hash is replaced. */
  set(
    hash: Int32Array,
    at: number,
    series: { readonly owner: number; readonly ref: number },
  ): void {
    const segment = this.#segments[segmentOf(hash, at)] as CacheSegment;
    segment.set(hash, at, series);
    if (segment.count * 2 > segment.mask) {
      const larger = new CacheSegment((segment.mask + 1) * 2);
      segment.copyTo(larger, () => true);
      this.#segments[segmentOf(hash, at)] = larger;
    }
  }

  /** Forgets an owner's series for which `isGone` holds. Yields between segments. */
  *forget(owner: number, isGone: (ref: number) => boolean): Generator<void> {
    for (let i = 0; i < SEGMENTS; i++) {
      const segment = this.#segments[i] as CacheSegment;
      const kept = new CacheSegment(segment.mask + 1);
      segment.copyTo(kept, (ref, itsOwner) => itsOwner !== owner || !isGone(ref));
      this.#segments[i] = kept;
      yield;
    }
  }
}

function segmentOf(hash: Int32Array, at: number): number {
  return (hash[at + 3] as number) >>> (32 - SEGMENT_BITS);
}

class CacheSegment {
  readonly words: Int32Array;
  readonly mask: number;
  count = 0;

  /** @param entries a power of two */
  constructor(entries: number) {
    this.words = new Int32Array(entries * ENTRY_WORDS);
    this.mask = entries - 1;
  }

  set(hash: Int32Array, at: number, { owner, ref }: { owner: number; ref: number }): void {
    const { words, mask } = this;
    let entry = ((hash[at] as number) & mask) * ENTRY_WORDS;
    while (words[entry + 5] !== 0 && !isEntry(words, entry, hash, at)) {
      entry = (entry + ENTRY_WORDS) % words.length;
    }
    if (words[entry + 5] === 0) this.count++;
    for (let i = 0; i < 4; i++) words[entry + i] = hash[at + i] as number;
    words[entry + 4] = ref;
    words[entry + 5] = owner + 1;
  }

  copyTo(target: CacheSegment, keeps: (ref: number, owner: number) => boolean): void {
    const { words } = this;
    for (let entry = 0; entry < words.length; entry += ENTRY_WORDS) {
      const owner = (words[entry + 5] as number) - 1;
      if (owner < 0) continue;
      const ref = (words[entry + 4] as number) >>> 0;
      if (keeps(ref, owner)) target.set(words, entry, { owner, ref });
    }
  }
}

function isEntry(words: Int32Array, entry: number, hash: Int32Array, at: number): boolean {
  for (let i = 0; i < 4; i++) if (words[entry + i] !== hash[at + i]) return false;
  return true;
}
