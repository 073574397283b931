/**
 * Refs of a head in the order of blocks (`index/series-order.ts`), sorted in short slices of work.
 *
 * Compares interned pairs: equal ids need no look at strings, and most labels of neighbours are
 * equal.
 */
import { compareSeries } from '../index/series-order.ts';
import { compareText, METRIC_NAME } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { pairAt, type SeriesTable } from './series-table.ts';

const BUCKET_BOUND = 'le';
/** Refs sorted between two yields, a few milliseconds of work. */
const CHUNK_REFS = 1024;
const NO_PAIR = 0xffffffff;
const ANY_TENANT = '' as TenantId;

/** Yields undefined between slices of work, then the refs in order. */
export function* sortSeries(
  table: SeriesTable,
  refs: Uint32Array,
): Generator<number | undefined, void> {
  const order = new SeriesOrder(table);
  const heads: Uint32Array[] = [];
  for (let from = 0; from < refs.length; from += CHUNK_REFS) {
    heads.push(refs.slice(from, from + CHUNK_REFS).sort((a, b) => order.compare(a, b)));
    yield undefined;
  }
  yield* mergeSorted(heads, (a, b) => order.compare(a, b));
}

/** Merges ascending columns through a binary heap of their first entries. */
function* mergeSorted(
  columns: readonly Uint32Array[],
  compare: (a: number, b: number) => number,
): Generator<number> {
  const heap = columns.filter((column) => column.length > 0);
  const first = (i: number) => heap[i]?.[0] as number;
  const sink = (from: number) => {
    for (let i = from; ; ) {
      let least = 2 * i + 1;
      if (least >= heap.length) return;
      if (least + 1 < heap.length && compare(first(least + 1), first(least)) < 0) least++;
      if (compare(first(i), first(least)) <= 0) return;
      [heap[i], heap[least]] = [heap[least] as Uint32Array, heap[i] as Uint32Array];
      i = least;
    }
  };
  for (let i = (heap.length >>> 1) - 1; i >= 0; i--) sink(i);
  while (heap.length > 0) {
    const top = heap[0] as Uint32Array;
    yield top[0] as number;
    if (top.length > 1) heap[0] = top.subarray(1);
    else {
      const last = heap.pop() as Uint32Array;
      if (heap.length > 0) heap[0] = last;
    }
    sink(0);
  }
}

class SeriesOrder {
  readonly #table: SeriesTable;

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  compare(a: number, b: number): number {
    const table = this.#table;
    if (table.tenantOrdinal(a) !== table.tenantOrdinal(b)) {
      return compareText(table.tenant(a), table.tenant(b));
    }
    const metric = this.#comparePairValues(
      this.#pairOf(a, METRIC_NAME),
      this.#pairOf(b, METRIC_NAME),
    );
    if (metric !== 0) return metric;
    return this.#compareWithoutBound(a, b) || this.#compareBounds(a, b);
  }

  #pairOf(ref: number, name: string): number {
    const { pairs, space } = this.#table;
    const to = this.#table.pairsAt(ref) + 3 * this.#table.labelCount(ref);
    for (let i = this.#table.pairsAt(ref); i < to; i += 3) {
      const pair = pairAt(space.bytes, i);
      if (pairs.name(pair) === name) return pair;
    }
    return NO_PAIR;
  }

  #comparePairValues(a: number, b: number): number {
    return a === b ? 0 : compareText(this.#valueOf(a), this.#valueOf(b));
  }

  #valueOf(pair: number): string {
    return pair === NO_PAIR ? '' : this.#table.pairs.value(pair);
  }

  #compareWithoutBound(a: number, b: number): number {
    const { pairs, space } = this.#table;
    const endA = this.#table.pairsAt(a) + 3 * this.#table.labelCount(a);
    const endB = this.#table.pairsAt(b) + 3 * this.#table.labelCount(b);
    let i = this.#nextCompared(this.#table.pairsAt(a), endA);
    let k = this.#nextCompared(this.#table.pairsAt(b), endB);
    while (i < endA && k < endB) {
      const pairA = pairAt(space.bytes, i);
      const pairB = pairAt(space.bytes, k);
      if (pairA !== pairB) {
        return (
          compareText(pairs.name(pairA), pairs.name(pairB)) ||
          compareText(pairs.value(pairA), pairs.value(pairB))
        );
      }
      i = this.#nextCompared(i + 3, endA);
      k = this.#nextCompared(k + 3, endB);
    }
    return (i < endA ? 1 : 0) - (k < endB ? 1 : 0);
  }

  #nextCompared(from: number, end: number): number {
    const { pairs, space } = this.#table;
    for (let i = from; i < end; i += 3) {
      const name = pairs.name(pairAt(space.bytes, i));
      if (name !== METRIC_NAME && name !== BUCKET_BOUND) return i;
    }
    return end;
  }

  #compareBounds(a: number, b: number): number {
    const boundA = this.#pairOf(a, BUCKET_BOUND);
    const boundB = this.#pairOf(b, BUCKET_BOUND);
    if (boundA === boundB) return 0;
    const labelsA = [BUCKET_BOUND, this.#valueOf(boundA)];
    const labelsB = [BUCKET_BOUND, this.#valueOf(boundB)];
    return compareSeries(ANY_TENANT, labelsA, ANY_TENANT, labelsB);
  }
}
