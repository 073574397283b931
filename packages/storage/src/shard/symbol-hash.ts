/**
 * Hashes of series that are named by symbols: each symbol is hashed once a request, and a series by
 * the hashes of its symbols, one round a reference instead of one every four bytes.
 *
 * Symbols of a request have numbers of its own, so only their bytes tell that a series is the one
 * of the request before. All 128 bits of a symbol's keyed hash enter the state before each round.
 */
import type { RemoteWrite2Walk } from '../protocol/remote-write-2.ts';
import { mixHashes, RAW_HASH_WORDS, type RawHashInput, rawHash } from './raw-hash.ts';

/** Hashed apart from label bytes: no domain of those is negative. */
const SYMBOL_DOMAIN = -1;

export class SymbolHasher {
  readonly #key: Int32Array;
  /** Of each symbol of the request at hand. */
  #hashes = new Int32Array(256 * RAW_HASH_WORDS);

  constructor(key: Int32Array) {
    this.#key = key;
  }

  /** Hashes all symbols and series of a walk; the words of series i go to out[4 * i]. */
  hashSeries(walk: RemoteWrite2Walk, domain: number, out: Int32Array): void {
    this.#hashSymbols(walk);
    const { refs, refsFrom } = walk;
    const hashes = this.#hashes;
    const range = { from: 0, to: 0, domain };
    for (let i = 0; i < walk.seriesCount; i++) {
      range.from = refsFrom[i] as number;
      range.to = refsFrom[i + 1] as number;
      mixHashes(this.#key, { hashes, refs, range }, out, i * RAW_HASH_WORDS);
    }
  }

  /** A word of the hash of a symbol of the walk hashed last. */
  word(symbol: number, word: number): number {
    return this.#hashes[symbol * RAW_HASH_WORDS + word] as number;
  }

  #hashSymbols({ bytes, symbolCount, symbolFrom, symbolTo }: RemoteWrite2Walk): void {
    if (symbolCount * RAW_HASH_WORDS > this.#hashes.length) {
      this.#hashes = new Int32Array(symbolCount * 2 * RAW_HASH_WORDS);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const input: RawHashInput = { view, from: 0, to: 0, domain: SYMBOL_DOMAIN };
    for (let i = 0; i < symbolCount; i++) {
      input.from = symbolFrom[i] as number;
      input.to = symbolTo[i] as number;
      rawHash(this.#key, input, this.#hashes, i * RAW_HASH_WORDS);
    }
  }
}

/** Metadata remembered as passed on; over it all is forgotten and passed on once more. */
const REMEMBERED_MAX = 100_000;
/** After so many requests all is passed on again, in case it was not kept. */
const REQUESTS_MAX = 4096;

/**
 * Senders of 2.0 repeat what they know of a metric with every sample; this lets through what was
 * not let through lately, without making a string of it.
 */
export class MetadataSieve {
  readonly #symbols: SymbolHasher;
  readonly #passed = new Set<number>();
  #requests = 0;
  #domain = 0;

  constructor(symbols: SymbolHasher) {
    this.#symbols = symbols;
  }

  /** Begins a request whose symbols are hashed. */
  begin(domain: number): void {
    this.#domain = domain;
    this.#requests++;
    if (this.#requests % REQUESTS_MAX === 0 || this.#passed.size >= REMEMBERED_MAX) {
      this.#passed.clear();
    }
  }

  /** Whether a metric's metadata was not passed on lately; it counts as passed on now. */
  isNew(walk: RemoteWrite2Walk, name: number, series: number): boolean {
    const symbols = this.#symbols;
    const help = walk.helpRef[series] as number;
    const unit = walk.unitRef[series] as number;
    const type = walk.metadataType[series] as number;
    const low = symbols.word(name, 0) ^ symbols.word(help, 1) ^ symbols.word(unit, 2);
    const high = symbols.word(name, 1) ^ symbols.word(help, 2) ^ symbols.word(unit, 3);
    const mixed = Math.imul(high ^ (type * 31 + this.#domain), 0x9e3779b1) >>> 11;
    const key = (low >>> 0) * 2 ** 21 + mixed;
    if (this.#passed.has(key)) return false;
    this.#passed.add(key);
    return true;
  }
}
