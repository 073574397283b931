/**
 * Refs of a head in the order of blocks (`index/series-order.ts`), sorted in short slices of work.
 *
 * Label pairs are ranked once; then series compare by ranks, in `kernels/series-order.ts`.
 */
import { compareSeries } from '../index/series-order.ts';
import { loadKernel } from '../memory/load-kernel.ts';
import { ScratchRow } from '../memory/scratch-row.ts';
import { compareText } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import type { SeriesTable } from './series-table.ts';

const BUCKET_BOUND = 'le';
/** Refs sorted between two yields, a few milliseconds of work. */
const CHUNK_REFS = 2048;
/** Pairs sorted, or looked at, between two yields. */
const CHUNK_PAIRS = 4096;
const BOUND_KIND = 2 << 30;
const ANY_TENANT = '' as TenantId;

interface OrderKernel {
  listPairs(base: number, ids: number): number;
  mergePairs(
    base: number,
    ids: number,
    from: number,
    middle: number,
    to: number,
    out: number,
  ): void;
  rankPairs(base: number, ids: number, from: number, to: number, ranks: number): void;
  compareRefs(base: number, ranks: number, tenants: number, a: number, b: number): number;
  sortRefs(
    base: number,
    ranks: number,
    tenants: number,
    refs: number,
    from: number,
    to: number,
    scratch: number,
  ): void;
}

/** Yields undefined between slices of work, then the refs in order. */
export function* sortSeries(
  table: SeriesTable,
  refs: Uint32Array,
): Generator<number | undefined, void> {
  const order = new SeriesOrder(table, refs);
  try {
    yield* order.rank();
    for (let from = 0; from < refs.length; from += CHUNK_REFS) {
      order.sortChunk(from, Math.min(from + CHUNK_REFS, refs.length));
      yield undefined;
    }
    yield* order.merged();
  } finally {
    order.release();
  }
}

class SeriesOrder {
  readonly #table: SeriesTable;
  readonly #kernel: OrderKernel;
  readonly #row: ScratchRow;
  readonly #count: number;
  /** Pairs that there is room for. */
  readonly #pairs: number;
  /** Addresses: refs, scratch, ranks of tenants, ranks of pairs, two lists of pair ids. */
  readonly #refs: number;
  readonly #scratch: number;
  readonly #tenants: number;
  readonly #ranks: number;
  readonly #ids: number;
  readonly #otherIds: number;

  constructor(table: SeriesTable, refs: Uint32Array) {
    const { memory } = table.space;
    this.#table = table;
    this.#count = refs.length;
    this.#kernel = loadKernel<OrderKernel>('series-order', memory.memory);
    this.#row = new ScratchRow(memory);
    const pairs = table.pairs.idsEnd;
    this.#pairs = pairs;
    const { tenantsEnd } = table.pairs;
    const words = refs.length + CHUNK_REFS + tenantsEnd + 3 * pairs;
    this.#refs = this.#row.reserve(4 * words);
    this.#scratch = this.#refs + 4 * refs.length;
    this.#tenants = this.#scratch + 4 * CHUNK_REFS;
    this.#ranks = this.#tenants + 4 * tenantsEnd;
    this.#ids = this.#ranks + 4 * pairs;
    this.#otherIds = this.#ids + 4 * pairs;
    table.space.words.set(refs, this.#refs / 4);
    const tenants = Array.from({ length: tenantsEnd }, (_, ordinal) => ordinal);
    tenants.sort((a, b) => compareText(table.pairs.tenant(a), table.pairs.tenant(b)));
    tenants.forEach((ordinal, rank) => {
      table.space.words[this.#tenants / 4 + ordinal] = rank;
    });
  }

  /** Ranks all pairs. */
  *rank(): Generator<undefined, void> {
    const { base } = this.#table.space;
    const count = this.#kernel.listPairs(base, this.#ids);
    let [from, to] = [this.#ids, this.#otherIds];
    for (let width = 1; width < count; width *= 2) {
      let done = 0;
      for (let start = 0; start < count; start += 2 * width) {
        const middle = Math.min(start + width, count);
        const end = Math.min(start + 2 * width, count);
        this.#kernel.mergePairs(base, from, start, middle, end, to);
        done += end - start;
        if (done < CHUNK_PAIRS) continue;
        done = 0;
        yield undefined;
      }
      [from, to] = [to, from];
    }
    for (let start = 0; start < count; start += CHUNK_PAIRS) {
      this.#kernel.rankPairs(base, from, start, Math.min(start + CHUNK_PAIRS, count), this.#ranks);
      yield undefined;
    }
    this.#rankBounds();
  }

  /** Bucket bounds are ordered as numbers. */
  #rankBounds(): void {
    const { pairs, space } = this.#table;
    const bounds: { readonly id: number; readonly labels: readonly string[] }[] = [];
    for (let tenant = 0; tenant < pairs.tenantsEnd; tenant++) {
      const name = pairs.findName(tenant, BUCKET_BOUND);
      if (name === undefined) continue;
      for (const id of pairs.pairsOf(name)) {
        // Later ones belong to series that came since.
        if (id < this.#pairs) bounds.push({ id, labels: [BUCKET_BOUND, pairs.value(id)] });
      }
    }
    bounds.sort((a, b) => compareSeries(ANY_TENANT, a.labels, ANY_TENANT, b.labels));
    bounds.forEach(({ id }, i) => {
      space.words[this.#ranks / 4 + id] = (BOUND_KIND | (i + 1)) >>> 0;
    });
  }

  sortChunk(from: number, to: number): void {
    const { base } = this.#table.space;
    const places = [this.#ranks, this.#tenants, this.#refs] as const;
    this.#kernel.sortRefs(base, ...places, from, to, this.#scratch);
  }

  /** Merges the sorted chunks through a binary heap of their first entries. */
  *merged(): Generator<number> {
    const { words, base } = this.#table.space;
    const refs = words.subarray(this.#refs / 4, this.#refs / 4 + this.#count);
    const kernel = this.#kernel;
    const compare = (a: number, b: number) =>
      kernel.compareRefs(base, this.#ranks, this.#tenants, refs[a] as number, refs[b] as number);
    // Entries are places of the chunks' first refs.
    const heap: number[] = [];
    for (let from = 0; from < refs.length; from += CHUNK_REFS) heap.push(from);
    const sink = (from: number) => {
      for (let i = from; ; ) {
        let least = 2 * i + 1;
        if (least >= heap.length) return;
        if (
          least + 1 < heap.length &&
          compare(heap[least + 1] as number, heap[least] as number) < 0
        )
          least++;
        if (compare(heap[i] as number, heap[least] as number) <= 0) return;
        [heap[i], heap[least]] = [heap[least] as number, heap[i] as number];
        i = least;
      }
    };
    for (let i = (heap.length >>> 1) - 1; i >= 0; i--) sink(i);
    while (heap.length > 0) {
      const top = heap[0] as number;
      yield refs[top] as number;
      const next = top + 1;
      if (next < refs.length && next % CHUNK_REFS !== 0) heap[0] = next;
      else {
        const last = heap.pop() as number;
        if (heap.length > 0) heap[0] = last;
      }
      sink(0);
    }
  }

  release(): void {
    this.#row.release();
  }
}
