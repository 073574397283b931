// The series table: resolves canonical labels to refs, adds series and takes them out.
// Layout: parts/series-memory.ts. Oracle of the tests: a Map of label sets.
// Series come as rows: parts/series-row.ts.

import { sameBytes, textEnd } from './parts/label-bytes';
import { findPair, internPair, internRoot, pairHash, releasePair } from './parts/pairs';
import { fingerprint } from './parts/series-hash';
import {
  freeCell,
  HASH_KEY,
  IDS_SCRATCH,
  LAST_SERIES,
  PAIR_SLOTS,
  PAIR_TEXT,
  PAIR_TEXT_BYTES,
  PAIRS_END,
  POSTINGS_COUNT,
  pairOf,
  pairRow,
  SERIES_COUNT,
  SERIES_DEPTH,
  SERIES_FREE,
  SERIES_LOW,
  SERIES_PAIRS,
  SERIES_SLOTS,
  SERIES_TENANT,
  seriesRow,
  spares,
  takePage,
} from './parts/series-memory';
import {
  ROW,
  ROW_BYTES,
  ROW_HIGH,
  ROW_LOW,
  ROW_REF,
  ROW_SHARD_HASH,
  UNKNOWN,
} from './parts/series-row';
import { addRow, findByLabels } from './parts/series-rows';
import {
  countDown,
  firstSlot,
  mayMove,
  nextSlot,
  numberIn,
  slotOfNumber,
  slotPage,
} from './parts/slots';

export { addPosting, clearPostings } from './parts/postings';

/** More pages than any one series can take. */
const SPARES_MIN: u32 = 24;
const DETACHED: u32 = 0x80;

/** Makes an empty table; there are pages to spare. */
export function prepare(base: usize): void {
  store<u32>(base + PAIRS_END, 1);
  store<u32>(base + PAIR_SLOTS, <u32>takePage(base));
  store<u32>(base + SERIES_SLOTS, <u32>takePage(base));
}

/** The row of a tenant's names. */
export function tenantRoot(base: usize, tenant: u32): u32 {
  return internRoot(base, tenant);
}

/** The id of a pair, a name or a tenant by its text, or 0. */
export function pairId(base: usize, tenant: u32, at: usize, bytes: u32): u32 {
  return findPair(base, tenant, pairHash(base, tenant, at, bytes), at, bytes);
}

/**
 * Fills in fingerprint and ref, UNKNOWN where there is no such series.
 *
 * @param prefix what is hashed before the labels
 * @param scratch room for the longest labels and the prefix
 * @returns how many are unknown
 */
export function findSeries(
  base: usize,
  tenant: u32,
  rows: usize,
  count: u32,
  prefix: usize,
  prefixBytes: u32,
  scratch: usize,
): u32 {
  let unknown: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = rows + ROW * i;
    const at = load<u32>(row);
    const end = at + load<u32>(row + ROW_BYTES);
    const hash = fingerprint(base + HASH_KEY, prefix, prefixBytes, at, end, scratch);
    store<u64>(row + ROW_LOW, hash);
    const ref = lookUp(base, tenant, row);
    store<u32>(row + ROW_REF, <u32>ref);
    if (ref < 0) unknown++;
  }
  return unknown;
}

/** The ref of a row whose fingerprint is filled in, or -1. */
export function lookUp(base: usize, tenant: u32, row: usize): i32 {
  const low = load<u32>(row + ROW_LOW);
  const high = load<u32>(row + ROW_HIGH);
  return findByLabels(base, tenant, low, high, load<u32>(row), load<u32>(row + ROW_BYTES));
}

/**
 * Adds the series of rows [from, count) that `findSeries` did not know.
 *
 * @returns the row before which pages ran short; `count` where all are there
 */
export function addSeries(base: usize, tenant: u32, rows: usize, from: u32, count: u32): u32 {
  for (let i = from; i < count; i++) {
    const row = rows + ROW * i;
    if (load<u32>(row + ROW_REF) !== UNKNOWN) continue;
    if (spares(base) < SPARES_MIN) return i;
    // The same series may have come twice.
    const known = lookUp(base, tenant, row);
    store<u32>(row + ROW_REF, known >= 0 ? <u32>known : addOne(base, tenant, row));
  }
  return count;
}

function addOne(base: usize, tenant: u32, row: usize): u32 {
  const ids = base + IDS_SCRATCH;
  const from = load<u32>(row);
  const to = from + load<u32>(row + ROW_BYTES);
  const last = load<u32>(base + LAST_SERIES);
  let lastPairs: usize = 0;
  let lastCount: u32 = 0;
  if (last !== 0) {
    const lastRow = seriesRow(base, last - 1);
    const word = load<u32>(lastRow + SERIES_TENANT);
    lastPairs = load<u32>(lastRow + SERIES_PAIRS);
    if (word >>> 8 === tenant) lastCount = word & 0x7f;
  }
  let count: u32 = 0;
  for (let at: usize = from; at < to; count++) {
    const end = textEnd(textEnd(at));
    const bytes = <u32>(end - at);
    let id: u32 = 0;
    if (count < lastCount) {
      const likely = pairOf(lastPairs, count);
      const pair = pairRow(base, likely);
      const isSame =
        load<u32>(pair + PAIR_TEXT_BYTES) === bytes &&
        sameBytes(load<u32>(pair + PAIR_TEXT), at, bytes);
      if (isSame) id = likely;
    }
    store<u32>(ids + 4 * count, id !== 0 ? id : internPair(base, tenant, at, bytes));
    at = end;
  }
  const low = load<u32>(row + ROW_LOW);
  const high = load<u32>(row + ROW_HIGH);
  return addRow(base, tenant, low, high, load<u32>(row + ROW_SHARD_HASH), ids, count);
}

/** First half of taking a series out: it is found no more. Its postings are the caller's. */
export function detachSeries(base: usize, ref: u32): void {
  const row = seriesRow(base, ref);
  const hash = load<u32>(row + SERIES_LOW);
  const page = slotPage(base + SERIES_SLOTS, load<u32>(base + SERIES_DEPTH), hash);
  let hole = slotOfNumber(page, hash, ref);
  for (let slot = nextSlot(hole); load<u32>(page + 4 * slot) !== 0; slot = nextSlot(slot)) {
    const other = seriesRow(base, numberIn(page, slot));
    if (!mayMove(firstSlot(load<u32>(other + SERIES_LOW)), slot, hole)) continue;
    store<u32>(page + 4 * hole, load<u32>(page + 4 * slot));
    hole = slot;
  }
  store<u32>(page + 4 * hole, 0);
  countDown(page);
  store<u32>(row + SERIES_TENANT, load<u32>(row + SERIES_TENANT) | DETACHED);
}

/** Second half: gives back the ref, and the pairs that no series has any more. */
export function freeSeries(base: usize, ref: u32): void {
  const row = seriesRow(base, ref);
  const pairs = load<u32>(row + SERIES_PAIRS);
  const count = load<u32>(row + SERIES_TENANT) & 0x7f;
  for (let i: u32 = 0; i < count; i++) {
    const id = pairOf(pairs, i);
    const pair = pairRow(base, id);
    // Several series that leave together may have shared it.
    if (load<u32>(pair + PAIR_TEXT) === 0 || load<u32>(pair + POSTINGS_COUNT) > 0) continue;
    releasePair(base, id);
  }
  freeCell(base, pairs, 3 * count);
  store<u32>(row + SERIES_PAIRS, 0);
  store<u32>(row + SERIES_TENANT, 0);
  store<u32>(row + SERIES_LOW, load<u32>(base + SERIES_FREE));
  store<u32>(base + SERIES_FREE, ref + 1);
  store<u32>(base + SERIES_COUNT, load<u32>(base + SERIES_COUNT) - 1);
  store<u32>(base + LAST_SERIES, 0);
}
