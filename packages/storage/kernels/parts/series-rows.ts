// Series rows: found by fingerprint, verified by their pairs.
import { sameBytes } from './label-bytes';
import { addToPostings } from './postings';
import {
  allocateCell,
  givePage,
  LAST_SERIES,
  newRef,
  PAIR_TEXT,
  PAIR_TEXT_BYTES,
  pairOf,
  pairRow,
  SERIES_COUNT,
  SERIES_DEPTH,
  SERIES_HIGH,
  SERIES_LOW,
  SERIES_PAIRS,
  SERIES_SHARD_HASH,
  SERIES_SLOTS,
  SERIES_TENANT,
  seriesRow,
} from './series-memory';
import {
  firstSlot,
  isFull,
  nextSlot,
  numberIn,
  putSlot,
  SLOTS_PER_PAGE,
  slotPage,
  slotTag,
  splitPage,
} from './slots';

/** Whether a series, known by its fingerprint, has the canonical labels [at, at + bytes). */
function hasLabels(base: usize, row: usize, tenant: u32, at: usize, bytes: u32): bool {
  const word = load<u32>(row + SERIES_TENANT);
  if (word >>> 8 !== tenant) return false;
  const pairs = load<u32>(row + SERIES_PAIRS);
  const count = word & 0x7f;
  let done: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const pair = pairRow(base, pairOf(pairs, i));
    const own = load<u32>(pair + PAIR_TEXT_BYTES);
    if (done + own > bytes || !sameBytes(load<u32>(pair + PAIR_TEXT), at + done, own)) return false;
    done += own;
  }
  return done === bytes;
}

/** Whether a series has the pairs whose ids stand at `ids`, a word each. */
function hasPairs(row: usize, tenant: u32, ids: usize, count: u32): bool {
  if (load<u32>(row + SERIES_TENANT) !== ((tenant << 8) | count)) return false;
  const pairs = load<u32>(row + SERIES_PAIRS);
  for (let i: u32 = 0; i < count; i++) {
    if (pairOf(pairs, i) !== load<u32>(ids + 4 * i)) return false;
  }
  return true;
}

/** The ref of a series by canonical labels, or -1. */
export function findByLabels(
  base: usize,
  tenant: u32,
  low: u32,
  high: u32,
  at: usize,
  bytes: u32,
): i32 {
  const page = slotPage(base + SERIES_SLOTS, load<u32>(base + SERIES_DEPTH), low);
  const tag = slotTag(low);
  let slot = firstSlot(low);
  for (let entry = load<u32>(page + 4 * slot); entry !== 0; entry = load<u32>(page + 4 * slot)) {
    slot = nextSlot(slot);
    if ((entry & 0xff000000) !== tag) continue;
    const ref = (entry & 0xffffff) - 1;
    const row = seriesRow(base, ref);
    if (load<u32>(row + SERIES_LOW) !== low || load<u32>(row + SERIES_HIGH) !== high) continue;
    if (hasLabels(base, row, tenant, at, bytes)) return ref;
  }
  return -1;
}

/** The ref of a series by pair ids, or -1. */
export function findByPairs(
  base: usize,
  tenant: u32,
  low: u32,
  high: u32,
  ids: usize,
  count: u32,
): i32 {
  const page = slotPage(base + SERIES_SLOTS, load<u32>(base + SERIES_DEPTH), low);
  const tag = slotTag(low);
  let slot = firstSlot(low);
  for (let entry = load<u32>(page + 4 * slot); entry !== 0; entry = load<u32>(page + 4 * slot)) {
    slot = nextSlot(slot);
    if ((entry & 0xff000000) !== tag) continue;
    const ref = (entry & 0xffffff) - 1;
    const row = seriesRow(base, ref);
    if (load<u32>(row + SERIES_LOW) !== low || load<u32>(row + SERIES_HIGH) !== high) continue;
    if (hasPairs(row, tenant, ids, count)) return ref;
  }
  return -1;
}

/** Adds a series that is not there. */
export function addRow(
  base: usize,
  tenant: u32,
  low: u32,
  high: u32,
  shardHash: u32,
  ids: usize,
  count: u32,
): u32 {
  const ref = newRef(base);
  const row = seriesRow(base, ref);
  const pairs = allocateCell(base, 3 * count);
  store<u32>(row + SERIES_PAIRS, <u32>pairs);
  store<u32>(row + SERIES_TENANT, (tenant << 8) | count);
  store<u32>(row + SERIES_SHARD_HASH, shardHash);
  store<u32>(row + SERIES_LOW, low);
  store<u32>(row + SERIES_HIGH, high);
  for (let i: u32 = 0; i < count; i++) {
    const id = load<u32>(ids + 4 * i);
    store<u16>(pairs + 3 * i, <u16>id);
    store<u8>(pairs + 3 * i + 2, <u8>(id >>> 16));
    addToPostings(base, pairRow(base, id), ref);
  }
  let page = slotPage(base + SERIES_SLOTS, load<u32>(base + SERIES_DEPTH), low);
  while (isFull(page)) {
    splitSeries(base, low);
    page = slotPage(base + SERIES_SLOTS, load<u32>(base + SERIES_DEPTH), low);
  }
  putSlot(page, low, ref);
  store<u32>(base + SERIES_COUNT, load<u32>(base + SERIES_COUNT) + 1);
  store<u32>(base + LAST_SERIES, ref + 1);
  return ref;
}

function splitSeries(base: usize, hash: u32): void {
  const old = splitPage(base, base + SERIES_SLOTS, base + SERIES_DEPTH, hash);
  const depth = load<u32>(base + SERIES_DEPTH);
  for (let slot: u32 = 0; slot < SLOTS_PER_PAGE; slot++) {
    const ref = numberIn(old, slot);
    if (ref < 0) continue;
    const own = load<u32>(seriesRow(base, ref) + SERIES_LOW);
    putSlot(slotPage(base + SERIES_SLOTS, depth, own), own, ref);
  }
  givePage(base, old);
}
