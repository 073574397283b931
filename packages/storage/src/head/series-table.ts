/**
 * The series of a head: identity, labels as pair ids, posting lists. A ref is a small integer, used
 * again after its series has left.
 *
 * All of it lies in the shard's memory, without an object per series or pair, and is changed by
 * `kernels/series.ts`. Identity is the fingerprint of tenant and labels, verified by the labels.
 */
import { randomFillSync } from 'node:crypto';
import {
  CANONICAL_BYTES_MAX,
  readCanonicalLabels,
  readText,
  textEnd,
  textStart,
  writeCanonicalLabels,
} from '../index/canonical-labels.ts';
import { FINGERPRINT_TAG, type HashKey, shardHash } from '../index/series-hash.ts';
import { PAGE_BYTES, ShardMemory } from '../memory/shard-memory.ts';
import { assert } from '../model/assert.ts';
import { LABELS_MAX } from '../model/label-rules.ts';
import type { Labels } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { PairTable } from './pair-table.ts';
import { Postings } from './postings.ts';
import { PAIR, SERIES, SeriesSpace } from './series-space.ts';

/** Series detached between two yields. */
const DETACH_STEP = 1000;
const UNKNOWN = 0xffffffff;
const COUNT_MASK = 0x7f;
const DETACHED = 0x80;
const TENANT_SHIFT = 8;
/** A slot holds a ref in 24 bits. */
const REFS_MAX = 2 ** 24 - 2;

/** Words of a row that describes a series to the kernel. */
export const SERIES_ROW_WORDS = 10;
export const SERIES_ROW = { at: 0, bytes: 1, shardHash: 2, ref: 3, low: 4, high: 5 } as const;
/** From here four words of the hash under which its sender is to know it; all 0 for none. */
export const SERIES_ROW_HASH = 6;

/** Scratch: a row, a prefix, then labels, then as much room for what is hashed. */
const PREFIX_AT = 64;
const PREFIX_BYTES_MAX = 8000;
const LABELS_AT = 8192;
const HASHED_AT = LABELS_AT + Math.ceil((CANONICAL_BYTES_MAX + 64) / 8) * 8;
const SCRATCH_PAGES = Math.ceil((2 * HASHED_AT) / PAGE_BYTES);

export class SeriesTable {
  readonly pairs: PairTable;
  readonly postings: Postings;
  readonly space: SeriesSpace;
  readonly #key: HashKey;
  readonly #scratch: number;

  constructor(key: HashKey, memory = new ShardMemory()) {
    this.#key = key;
    this.space = new SeriesSpace(memory, {
      hashKey: key,
      secret: randomFillSync(new Uint8Array(16)),
    });
    this.#scratch = memory.allocate(SCRATCH_PAGES);
    this.pairs = new PairTable(this.space, this.#scratch + LABELS_AT);
    this.postings = new Postings(this.space);
  }

  /** Series that are here. */
  get count(): number {
    return this.space.seriesCount;
  }

  /** One more than the largest ref given out so far. */
  get refsEnd(): number {
    return this.space.seriesEnd;
  }

  get bytes(): number {
    return this.space.used;
  }

  /** What of `bytes` the series take that are here, about: pages stay when series leave. */
  get liveBytes(): number {
    return this.refsEnd === 0 ? 0 : (this.bytes * this.count) / this.refsEnd;
  }

  /**
   * The ref of a series, which is added if it is new.
   *
   * @param hash its `shardHash`, where the caller knows it
   */
  resolve(tenant: TenantId, labels: Labels, hash?: number): number {
    const row = this.#writeRow(labels) / 4;
    this.space.words[row + SERIES_ROW.shardHash] = hash ?? shardHash(this.#key, tenant, labels);
    this.findRows(tenant, 4 * row, 1);
    this.addRows(tenant, 4 * row, 1);
    return this.space.words[row + SERIES_ROW.ref] as number;
  }

  /**
   * Fills in the fingerprints and refs of series; 0xffffffff where one is not here.
   *
   * @param rows address of SERIES_ROW rows, in which labels and shard hashes stand
   * @returns how many are not here
   */
  findRows(tenant: TenantId, rows: number, count: number): number {
    const { kernel, base } = this.space;
    const prefix = this.#scratch + PREFIX_AT;
    const prefixBytes = this.#writePrefix(tenant);
    const ordinal = this.pairs.tenantOrdinal(tenant);
    const hashed = this.#scratch + HASHED_AT;
    return kernel.findSeries(base, ordinal, rows, count, prefix, prefixBytes, hashed);
  }

  /** The labels of a row that starts at this word. */
  labelsOfRow(word: number): string[] {
    const { words, text } = this.space;
    const from = words[word + SERIES_ROW.at] as number;
    return readCanonicalLabels(text, from, from + (words[word + SERIES_ROW.bytes] as number));
  }

  /** Adds the series of rows that `findRows` did not find, and fills in their refs. */
  addRows(tenant: TenantId, rows: number, count: number): void {
    const { kernel, base } = this.space;
    const ordinal = this.pairs.tenantOrdinal(tenant);
    assert(this.refsEnd + count < REFS_MAX, 'a shard is full of series');
    let done = kernel.addSeries(base, ordinal, rows, 0, count);
    while (done < count) {
      this.space.refill();
      done = kernel.addSeries(base, ordinal, rows, done, count);
    }
  }

  /** The ref of a series known by its fingerprint, or -1. */
  find(tenant: TenantId, labels: Labels, fingerprint: { high: number; low: number }): number {
    const ordinal = this.pairs.findTenant(tenant);
    if (ordinal === undefined) return -1;
    const row = this.#writeRow(labels);
    this.space.words[row / 4 + SERIES_ROW.low] = fingerprint.low;
    this.space.words[row / 4 + SERIES_ROW.high] = fingerprint.high;
    return this.space.kernel.lookUp(this.space.base, ordinal, row);
  }

  /** Whether a ref stands for a series that can be found, neither free nor detached. */
  isAttached(ref: number): boolean {
    const word = this.#word(ref, SERIES.tenant);
    return (word & COUNT_MASK) > 0 && (word & DETACHED) === 0;
  }

  tenant(ref: number): TenantId {
    return this.pairs.tenant(this.tenantOrdinal(ref));
  }

  tenantOrdinal(ref: number): number {
    return this.#word(ref, SERIES.tenant) >>> TENANT_SHIFT;
  }

  shardHash(ref: number): number {
    return this.#word(ref, SERIES.shardHash);
  }

  fingerprint(ref: number): readonly [high: number, low: number] {
    return [this.#word(ref, SERIES.high), this.#word(ref, SERIES.low)];
  }

  labels(ref: number): Labels {
    const { words, text } = this.space;
    const row = this.space.seriesRow(ref);
    const count = (words[row + SERIES.tenant] as number) & COUNT_MASK;
    const labels = new Array<string>(2 * count);
    let list = words[row + SERIES.pairs] as number;
    for (let i = 0; i < count; i++, list += 3) {
      const at = words[this.space.pairRow(pairAt(text, list)) + PAIR.text] as number;
      const middle = textEnd(text, at);
      labels[2 * i] = readText(text, textStart(text, at), middle);
      labels[2 * i + 1] = readText(text, textStart(text, middle), textEnd(text, middle));
    }
    return labels;
  }

  /** How many pairs a series has. */
  labelCount(ref: number): number {
    return this.#word(ref, SERIES.tenant) & COUNT_MASK;
  }

  /** The address of a series' pair ids, in label order, three bytes each: see `pairAt`. */
  pairsAt(ref: number): number {
    return this.#word(ref, SERIES.pairs);
  }

  /**
   * First half of taking series out: those for which `mayLeave` still holds lose their identity and
   * their postings, so that nobody new finds them. Yields between steps of a millisecond or so.
   *
   * @returns the series that left, for `free()`
   */
  *detach(refs: readonly number[], mayLeave: (ref: number) => boolean): Generator<void, number[]> {
    const { kernel, base } = this.space;
    const left: number[] = [];
    const isGone = new Uint8Array(this.refsEnd);
    const isAffected = new Uint8Array(this.pairs.idsEnd);
    for (const ref of refs) {
      if (!mayLeave(ref)) continue;
      assert(this.isAttached(ref), `series ${ref} left already`);
      kernel.detachSeries(base, ref);
      isGone[ref] = 1;
      left.push(ref);
      const { bytes } = this.space;
      const end = this.pairsAt(ref) + 3 * this.labelCount(ref);
      for (let at = this.pairsAt(ref); at < end; at += 3) isAffected[pairAt(bytes, at)] = 1;
      if (left.length % DETACH_STEP === 0) yield;
    }
    for (let pair = 0; pair < isAffected.length; pair++) {
      if (isAffected[pair] === 0) continue;
      this.postings.removeWhere(pair, (ref) => isGone[ref] === 1);
      yield;
    }
    return left;
  }

  /**
   * Second half: nobody reads the series any more; refs and pairs may be given out again. May be
   * called for some after the others, before the next `detach`.
   */
  free(refs: readonly number[]): void {
    const { kernel, base } = this.space;
    for (const ref of refs) kernel.freeSeries(base, ref);
    this.pairs.forgetStrings();
  }

  #word(ref: number, word: number): number {
    return this.space.words[this.space.seriesRow(ref) + word] as number;
  }

  /** A row for one series with its labels; returns its address. */
  #writeRow(labels: Labels): number {
    const count = labels.length / 2;
    assert(count > 0 && count <= LABELS_MAX, `series with ${count} labels`);
    const at = this.#scratch + LABELS_AT;
    const end = writeCanonicalLabels(labels, this.space.text, at);
    const row = this.#scratch / 4;
    this.space.words[row + SERIES_ROW.at] = at;
    this.space.words[row + SERIES_ROW.bytes] = end - at;
    this.space.words[row + SERIES_ROW.ref] = UNKNOWN;
    return this.#scratch;
  }

  #writePrefix(tenant: TenantId): number {
    const { text } = this.space;
    const at = this.#scratch + PREFIX_AT;
    assert(tenant.length * 3 < PREFIX_BYTES_MAX, 'a tenant with a long name');
    text[at] = FINGERPRINT_TAG;
    const end = at + 1 + text.write(tenant, at + 1, 'utf8');
    text[end] = 0xff;
    return end + 1 - at;
  }
}

/** The pair id at an address within a series' pairs. */
export function pairAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)
  );
}
