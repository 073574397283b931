/**
 * The series of a head: identity, labels as pair ids, posting lists. A ref is an index into
 * columns.
 *
 * Refs are dense and used again after a series has left. Identity is the fingerprint of tenant and
 * labels, verified by the labels themselves. No object per series.
 */
import { type HashKey, seriesFingerprint, shardHash } from '../index/series-hash.ts';
import { assert } from '../model/assert.ts';
import type { Labels } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { grownU32 } from './grow.ts';
import { PairTable, type TenantPairs } from './pair-table.ts';
import { Postings } from './postings.ts';

const EMPTY = 0;
const CAPACITY_MIN = 1024;
/** Series detached between two yields. */
const DETACH_STEP = 1000;

export class SeriesTable {
  readonly pairs = new PairTable();
  readonly postings = new Postings();
  readonly #key: HashKey;
  /** Columns by ref. */
  #tenants = new Uint32Array(CAPACITY_MIN);
  #shardHashes = new Uint32Array(CAPACITY_MIN);
  /** [2n] high and low half */
  #fingerprints = new Uint32Array(2 * CAPACITY_MIN);
  #labelsAt = new Uint32Array(CAPACITY_MIN);
  /** Pairs of the series; 0 where the ref is free. */
  #labelCounts = new Uint8Array(CAPACITY_MIN);
  /** Pair ids of all series, in label order. */
  #labelPairs = new Uint32Array(16 * CAPACITY_MIN);
  #labelPairsUsed = 0;
  /** By number of pairs: places in `#labelPairs` that left series gave back. */
  readonly #freeLabels: number[][] = [];
  readonly #freeRefs: number[] = [];
  /** Refs between `detach` and `free`. */
  readonly #detached = new Set<number>();
  #refsEnd = 0;
  #count = 0;
  /** Open addressing over the fingerprint's low half: ref + 1, or 0. */
  #slots = new Uint32Array(2 * CAPACITY_MIN);

  constructor(key: HashKey) {
    this.#key = key;
  }

  /** Series that are here. */
  get count(): number {
    return this.#count;
  }

  /** One more than the largest ref given out so far. */
  get refsEnd(): number {
    return this.#refsEnd;
  }

  get bytes(): number {
    const columns = this.#tenants.length * (4 + 4 + 8 + 4 + 1) + this.#slots.byteLength;
    return columns + this.#labelPairs.byteLength + this.postings.bytes;
  }

  /**
   * The ref of a series, which is added if it is new.
   *
   * @param hash its `shardHash`, where the caller knows it
   */
  resolve(tenant: TenantId, labels: Labels, hash?: number): number {
    const [high, low] = seriesFingerprint(this.#key, tenant, labels);
    const known = this.#find(tenant, labels, { high, low });
    if (known >= 0) return known;
    const ref = this.#add(tenant, labels, { high, low });
    this.#shardHashes[ref] = hash ?? shardHash(this.#key, tenant, labels);
    return ref;
  }

  /** The ref of a series known by its fingerprint, or -1. */
  find(tenant: TenantId, labels: Labels, fingerprint: { high: number; low: number }): number {
    return this.#find(tenant, labels, fingerprint);
  }

  /** Whether a ref stands for a series that can be found, neither free nor detached. */
  isAttached(ref: number): boolean {
    return (this.#labelCounts[ref] ?? 0) > 0 && !this.#detached.has(ref);
  }

  tenant(ref: number): TenantId {
    return this.pairs.tenant(this.#tenants[ref] as number).tenant;
  }

  tenantOrdinal(ref: number): number {
    return this.#tenants[ref] as number;
  }

  shardHash(ref: number): number {
    return this.#shardHashes[ref] as number;
  }

  labels(ref: number): Labels {
    const labels: string[] = [];
    const from = this.#labelsAt[ref] as number;
    const to = from + (this.#labelCounts[ref] as number);
    for (let i = from; i < to; i++) {
      const pair = this.#labelPairs[i] as number;
      labels.push(this.pairs.name(pair), this.pairs.value(pair));
    }
    return labels;
  }

  /** Where the pair ids of a series stand in `labelPairs`: [from, to). */
  labelsFrom(ref: number): number {
    return this.#labelsAt[ref] as number;
  }

  labelsTo(ref: number): number {
    return (this.#labelsAt[ref] as number) + (this.#labelCounts[ref] as number);
  }

  /** Pair ids, see `labelsFrom`; the array is replaced as the table grows. */
  get labelPairs(): Uint32Array {
    return this.#labelPairs;
  }

  /**
   * First half of taking series out: those for which `mayLeave` still holds lose their identity and
   * their postings, so that nobody new finds them. Yields between steps of a millisecond or so.
   *
   * @returns the series that left, for `free()`
   */
  *detach(refs: readonly number[], mayLeave: (ref: number) => boolean): Generator<void, number[]> {
    const left: number[] = [];
    const isGone = new Uint8Array(this.#refsEnd);
    const affected = new Set<number>();
    for (const ref of refs) {
      if (!mayLeave(ref)) continue;
      assert(this.isAttached(ref), `series ${ref} left already`);
      this.#freeSlot(ref);
      this.#detached.add(ref);
      isGone[ref] = 1;
      left.push(ref);
      for (let i = this.labelsFrom(ref); i < this.labelsTo(ref); i++) {
        affected.add(this.#labelPairs[i] as number);
      }
      if (left.length % DETACH_STEP === 0) yield;
    }
    for (const pair of affected) {
      this.postings.removeWhere(pair, (ref) => isGone[ref] === 1);
      yield;
    }
    return left;
  }

  /** Second half: nobody reads the series any more; refs and pairs may be given out again. */
  free(refs: readonly number[]): void {
    for (const ref of refs) {
      const names = this.pairs.tenant(this.#tenants[ref] as number);
      for (let i = this.labelsFrom(ref); i < this.labelsTo(ref); i++) {
        const pair = this.#labelPairs[i] as number;
        if (this.postings.count(pair) === 0) this.pairs.release(names, pair);
      }
      const count = this.#labelCounts[ref] as number;
      this.#freeLabels[count] ??= [];
      this.#freeLabels[count].push(this.#labelsAt[ref] as number);
      this.#labelCounts[ref] = 0;
      this.#detached.delete(ref);
      this.#freeRefs.push(ref);
      this.#count--;
    }
  }

  #find(tenant: TenantId, labels: Labels, { high, low }: { high: number; low: number }): number {
    const mask = this.#slots.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const ref = (this.#slots[slot] as number) - 1;
      if (ref < 0) return -1;
      if (this.#fingerprints[2 * ref + 1] !== low || this.#fingerprints[2 * ref] !== high) continue;
      if (this.#hasLabels(ref, tenant, labels)) return ref;
    }
  }

  #hasLabels(ref: number, tenant: TenantId, labels: Labels): boolean {
    const count = this.#labelCounts[ref] as number;
    if (count * 2 !== labels.length || this.tenant(ref) !== tenant) return false;
    const from = this.#labelsAt[ref] as number;
    for (let i = 0; i < count; i++) {
      const pair = this.#labelPairs[from + i] as number;
      if (this.pairs.value(pair) !== labels[2 * i + 1]) return false;
      if (this.pairs.name(pair) !== labels[2 * i]) return false;
    }
    return true;
  }

  #add(tenant: TenantId, labels: Labels, fingerprint: { high: number; low: number }): number {
    const ref = this.#freeRefs.pop() ?? this.#refsEnd++;
    if (ref === this.#tenants.length) this.#growColumns();
    const names = this.pairs.tenant(this.pairs.tenantOrdinal(tenant));
    this.#tenants[ref] = names.ordinal;
    this.#fingerprints[2 * ref] = fingerprint.high;
    this.#fingerprints[2 * ref + 1] = fingerprint.low;
    this.#placeLabels(ref, names, labels);
    this.#count++;
    if (this.#count * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    this.#claimSlot(ref);
    return ref;
  }

  #placeLabels(ref: number, names: TenantPairs, labels: Labels): void {
    const count = labels.length / 2;
    assert(count > 0 && count < 256, `series with ${count} labels`);
    let at = this.#freeLabels[count]?.pop();
    if (at === undefined) {
      at = this.#labelPairsUsed;
      this.#labelPairsUsed += count;
      this.#labelPairs = grownU32(this.#labelPairs, this.#labelPairsUsed);
    }
    this.#labelsAt[ref] = at;
    this.#labelCounts[ref] = count;
    for (let i = 0; i < count; i++) {
      const pair = this.pairs.intern(names, labels[2 * i] as string, labels[2 * i + 1] as string);
      this.#labelPairs[at + i] = pair;
      this.postings.add(pair, ref);
    }
  }

  #claimSlot(ref: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#fingerprints[2 * ref + 1] as number) & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = ref + 1;
  }

  /** Empties a ref's slot and moves up what had to step over it. */
  #freeSlot(ref: number): void {
    const mask = this.#slots.length - 1;
    let hole = (this.#fingerprints[2 * ref + 1] as number) & mask;
    while (this.#slots[hole] !== ref + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; this.#slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const other = (this.#slots[slot] as number) - 1;
      const home = (this.#fingerprints[2 * other + 1] as number) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.#slots[hole] = other + 1;
        hole = slot;
      }
    }
    this.#slots[hole] = EMPTY;
  }

  #rehash(length: number): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(length);
    for (const entry of old) if (entry !== EMPTY) this.#claimSlot(entry - 1);
  }

  #growColumns(): void {
    const capacity = this.#tenants.length * 2;
    this.#tenants = grownU32(this.#tenants, capacity);
    this.#shardHashes = grownU32(this.#shardHashes, capacity);
    this.#fingerprints = grownU32(this.#fingerprints, 2 * capacity);
    this.#labelsAt = grownU32(this.#labelsAt, capacity);
    const counts = new Uint8Array(capacity);
    counts.set(this.#labelCounts);
    this.#labelCounts = counts;
  }
}
