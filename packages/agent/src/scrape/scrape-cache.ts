/**
 * The series of one target by the bytes they have in its expositions (`name{label="value"}`), so
 * that a known series costs a look-up and no parsing.
 */
import type { ExpositionScanner } from '@mon/storage/protocol/exposition-scanner';

const NONE = -1;

export class ScrapeCache {
  /** First id of each hash, further ones by `#next`. */
  readonly #byHash = new Map<number, number>();
  readonly #next: number[] = [];
  readonly #hashes: number[] = [];
  readonly #keys: (Buffer | undefined)[] = [];

  /** The id of the series the scanner stands at, or undefined. */
  find(scanner: ExpositionScanner): number | undefined {
    const { bytes, seriesStart, seriesEnd, seriesHash } = scanner;
    let id = this.#byHash.get(seriesHash) ?? NONE;
    while (id !== NONE) {
      const key = this.#keys[id] as Buffer;
      if (
        key.length === seriesEnd - seriesStart &&
        key.compare(bytes, seriesStart, seriesEnd) === 0
      )
        return id;
      id = this.#next[id] as number;
    }
    return undefined;
  }

  /** Remembers the series the scanner stands at under an id. */
  add(scanner: ExpositionScanner, id: number): void {
    const { bytes, seriesStart, seriesEnd, seriesHash } = scanner;
    this.#keys[id] = Buffer.from(bytes.subarray(seriesStart, seriesEnd));
    this.#hashes[id] = seriesHash;
    this.#next[id] = this.#byHash.get(seriesHash) ?? NONE;
    this.#byHash.set(seriesHash, id);
  }

  /** Forgets ids, where it knows them. */
  remove(ids: readonly number[]): void {
    for (const id of ids) {
      if (this.#keys[id] === undefined) continue;
      const hash = this.#hashes[id] as number;
      const next = this.#next[id] as number;
      const first = this.#byHash.get(hash);
      if (first !== id) {
        let before = first as number;
        while (this.#next[before] !== id) before = this.#next[before] as number;
        this.#next[before] = next;
      } else if (next === NONE) this.#byHash.delete(hash);
      else this.#byHash.set(hash, next);
      this.#keys[id] = undefined;
    }
  }
}
