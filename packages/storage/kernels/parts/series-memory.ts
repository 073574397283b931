// Memory of the series table: header, cells, rows. See src/head/series-layout.ts.
//
// Five pages in a row: the header, and a page of page addresses each for pair rows, series rows,
// pair slots and series slots. A kernel takes pages from a stack in the header that TypeScript
// fills; it asks before it begins with a series whether there are enough.

const PAGE: u32 = 65536;
const SPARE_COUNT: usize = 0;
const CELLS_AT: usize = 4;
const CELLS_END: usize = 8;
export const PAIRS_END: usize = 12;
export const PAIRS_FREE: usize = 16;
export const SERIES_END: usize = 20;
export const SERIES_FREE: usize = 24;
export const SERIES_COUNT: usize = 28;
/** The series added last: the next one often has most of its pairs. */
export const LAST_SERIES: usize = 32;
/** Bytes of cells in use. */
const CELL_BYTES: usize = 36;
/** Slot tables: count of bits that choose a page. */
export const PAIR_DEPTH: usize = 40;
export const SERIES_DEPTH: usize = 44;
/** The number that pairs of the record being written are marked with. */
export const RECORD_NUMBER: usize = 48;
/** Where a record of definitions ends. */
export const RECORD_END: usize = 52;
export const SECRET: usize = 64;
export const HASH_KEY: usize = 80;
const FREE_CELLS: usize = 256;
const SPARES: usize = 1024;
/** Room for one text, and for the pair ids of one series. */
export const TEXT_SCRATCH: usize = 4096;
export const IDS_SCRATCH: usize = 8192;
export const PAIR_ROWS: usize = 65536;
export const SERIES_ROWS: usize = 2 * 65536;
export const PAIR_SLOTS: usize = 3 * 65536;
export const SERIES_SLOTS: usize = 4 * 65536;

/** A pair: its text, its place among the values of its name, its postings. */
export const PAIR_BYTES: u32 = 72;
const PAIRS_PER_PAGE: u32 = 910;
export const PAIR_TEXT: usize = 0;
export const PAIR_TEXT_BYTES: usize = 4;
export const PAIR_HASH: usize = 8;
export const PAIR_TENANT: usize = 12;
export const PAIR_PARENT: usize = 16;
export const PAIR_CHILD: usize = 20;
export const PAIR_NEXT: usize = 24;
export const PAIR_BEFORE: usize = 28;
export const POSTINGS_COUNT: usize = 32;
export const POSTINGS_FIRST: usize = 36;
export const POSTINGS_WRITE: usize = 40;
export const POSTINGS_END: usize = 44;
export const POSTINGS_SLICE: usize = 48;
export const RUN_START: usize = 52;
export const RUN_LAST: usize = 56;
export const RUN_BEFORE: usize = 60;
export const PAIR_RECORD: usize = 64;
export const PAIR_NUMBER: usize = 68;

/** A series: its pair ids of three bytes each, tenant << 8 | labels, hashes. */
export const SERIES_BYTES: u32 = 20;
const SERIES_PER_PAGE: u32 = 3276;
export const SERIES_PAIRS: usize = 0;
export const SERIES_TENANT: usize = 4;
export const SERIES_SHARD_HASH: usize = 8;
export const SERIES_LOW: usize = 12;
export const SERIES_HIGH: usize = 16;

export function spares(base: usize): u32 {
  return load<u32>(base + SPARE_COUNT);
}

/** A zeroed page. */
export function takePage(base: usize): usize {
  const left = load<u32>(base + SPARE_COUNT) - 1;
  store<u32>(base + SPARE_COUNT, left);
  return load<u32>(base + SPARES + 4 * left);
}

export function givePage(base: usize, page: usize): void {
  memory.fill(page, 0, PAGE);
  const count = load<u32>(base + SPARE_COUNT);
  store<u32>(base + SPARE_COUNT, count + 1);
  store<u32>(base + SPARES + 4 * count, <u32>page);
}

/** Room for `bytes`, at most 4096. Cells are 8, 16, ... 512, 1024, 2048 or 4096 bytes long. */
export function allocateCell(base: usize, bytes: u32): usize {
  const free = freeCells(base, bytes);
  const known = load<u32>(free);
  const size = cellBytes(bytes);
  store<u32>(base + CELL_BYTES, load<u32>(base + CELL_BYTES) + size);
  if (known !== 0) {
    store<u32>(free, load<u32>(known));
    return known;
  }
  let at = load<u32>(base + CELLS_AT);
  if (at + size > load<u32>(base + CELLS_END)) {
    at = <u32>takePage(base);
    store<u32>(base + CELLS_END, at + PAGE);
  }
  store<u32>(base + CELLS_AT, at + size);
  return at;
}

export function freeCell(base: usize, cell: usize, bytes: u32): void {
  const free = freeCells(base, bytes);
  store<u32>(cell, load<u32>(free));
  store<u32>(free, <u32>cell);
  store<u32>(base + CELL_BYTES, load<u32>(base + CELL_BYTES) - cellBytes(bytes));
}

function cellBytes(bytes: u32): u32 {
  if (bytes <= 512) return (bytes + 7) & ~7;
  return bytes <= 1024 ? 1024 : bytes <= 2048 ? 2048 : 4096;
}

/** Where the first free cell of a size stands. */
function freeCells(base: usize, bytes: u32): usize {
  const kind = bytes <= 512 ? (bytes + 7) >> 3 : bytes <= 1024 ? 65 : bytes <= 2048 ? 66 : 67;
  return base + FREE_CELLS + 4 * kind;
}

export function pairRow(base: usize, pair: u32): usize {
  const page = pair / PAIRS_PER_PAGE;
  return load<u32>(base + PAIR_ROWS + 4 * page) + (pair - page * PAIRS_PER_PAGE) * PAIR_BYTES;
}

export function seriesRow(base: usize, ref: u32): usize {
  const page = ref / SERIES_PER_PAGE;
  return load<u32>(base + SERIES_ROWS + 4 * page) + (ref - page * SERIES_PER_PAGE) * SERIES_BYTES;
}

/** A pair id that is free; ids begin at 1. */
export function newPairId(base: usize): u32 {
  const free = load<u32>(base + PAIRS_FREE);
  if (free !== 0) {
    store<u32>(base + PAIRS_FREE, load<u32>(pairRow(base, free) + PAIR_NEXT));
    return free;
  }
  const id = load<u32>(base + PAIRS_END);
  store<u32>(base + PAIRS_END, id + 1);
  const page = base + PAIR_ROWS + 4 * (id / PAIRS_PER_PAGE);
  if (load<u32>(page) === 0) store<u32>(page, <u32>takePage(base));
  return id;
}

/** A ref that is free. The list of free ones holds ref + 1. */
export function newRef(base: usize): u32 {
  const free = load<u32>(base + SERIES_FREE);
  if (free !== 0) {
    store<u32>(base + SERIES_FREE, load<u32>(seriesRow(base, free - 1) + SERIES_LOW));
    return free - 1;
  }
  const ref = load<u32>(base + SERIES_END);
  store<u32>(base + SERIES_END, ref + 1);
  const page = base + SERIES_ROWS + 4 * (ref / SERIES_PER_PAGE);
  if (load<u32>(page) === 0) store<u32>(page, <u32>takePage(base));
  return ref;
}

export function pairOf(pairs: usize, index: u32): u32 {
  const at = pairs + 3 * index;
  return <u32>load<u16>(at) | ((<u32>load<u8>(at + 2)) << 16);
}
