// Definitions of series as they stand in the log: docs/formats/wal.md, kind 05. A pair's text stands
// once a record; a series says only which of its pairs differ from the series before.
//
// Twin: readSeriesRecord in src/head/wal-replay.ts.
import { textEnd } from './parts/label-bytes';
import { internPair } from './parts/pairs';
import {
  IDS_SCRATCH,
  PAIR_NUMBER,
  PAIR_RECORD,
  PAIR_TEXT,
  PAIR_TEXT_BYTES,
  pairOf,
  pairRow,
  RECORD_END,
  RECORD_NUMBER,
  SERIES_LOW,
  SERIES_PAIRS,
  SERIES_SHARD_HASH,
  SERIES_TENANT,
  seriesRow,
  spares,
} from './parts/series-memory';
import { addRow, findByPairs } from './parts/series-rows';

/** More than a series takes: 64 pairs of 3,076 bytes, and what stands before them. */
const SERIES_BYTES_MAX: usize = 200_000;
const SPARES_MIN: u32 = 24;
const LABELS_MAX: u32 = 64;

/**
 * Writes definitions of refs [from, count) as one record's body from `out` on; where it ends is in
 * the header.
 *
 * @returns the ref before which `end` came too near; `count` where all are written
 */
export function writeDefinitions(
  base: usize,
  refs: usize,
  from: u32,
  count: u32,
  out: usize,
  end: usize,
): u32 {
  const record = load<u32>(base + RECORD_NUMBER) + 1;
  store<u32>(base + RECORD_NUMBER, record);
  let numbers: u32 = 0;
  let refBefore: u32 = 0;
  let pairsBefore: usize = 0;
  let countBefore: u32 = 0;
  let at = out;
  let i = from;
  for (; i < count && at + SERIES_BYTES_MAX <= end; i++) {
    const ref = load<u32>(refs + 4 * i);
    const row = seriesRow(base, ref);
    const pairs = load<u32>(row + SERIES_PAIRS);
    const labels = load<u32>(row + SERIES_TENANT) & 0x7f;
    const step = <i32>(ref - refBefore);
    at = writeVarint(at, <u32>((step << 1) ^ (step >> 31)));
    refBefore = ref;
    store<u32>(at, load<u32>(row + SERIES_SHARD_HASH));
    store<u64>(at + 4, load<u64>(row + SERIES_LOW));
    store<u8>(at + 12, <u8>labels);
    const mask = at + 13;
    at = mask + ((labels + 7) >> 3);
    memory.fill(mask, 0, at - mask);
    for (let k: u32 = 0; k < labels; k++) {
      const id = pairOf(pairs, k);
      if (k < countBefore && pairOf(pairsBefore, k) === id) continue;
      const bit: u32 = 1 << (k & 7);
      store<u8>(mask + (k >> 3), <u8>(load<u8>(mask + (k >> 3)) | bit));
      const pair = pairRow(base, id);
      if (load<u32>(pair + PAIR_RECORD) === record) {
        at = writeVarint(at, load<u32>(pair + PAIR_NUMBER));
        continue;
      }
      store<u32>(pair + PAIR_RECORD, record);
      store<u32>(pair + PAIR_NUMBER, ++numbers);
      store<u8>(at++, 0);
      const bytes = load<u32>(pair + PAIR_TEXT_BYTES);
      memory.copy(at, load<u32>(pair + PAIR_TEXT), bytes);
      at += bytes;
    }
    pairsBefore = pairs;
    countBefore = labels;
  }
  store<u32>(base + RECORD_END, <u32>at);
  return i;
}

function writeVarint(at: usize, value: u32): usize {
  let rest = value;
  while (rest >= 0x80) {
    store<u8>(at++, <u8>(rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  store<u8>(at, <u8>rest);
  return at + 1;
}

// Where reading has come to: where to go on and the end; the ref before; pairs met and room for
// them, 12 bytes each (text, its bytes, id or 0); series done and in all; where results go; shards
// and which of them this is; labels of the series before and their numbers.
const AT: usize = 0;
const END: usize = 4;
const REF: usize = 8;
const MET: usize = 12;
const MET_AT: usize = 16;
const MET_MAX: usize = 20;
const DONE: usize = 24;
const COUNT: usize = 28;
const RESULTS: usize = 32;
const SHARDS: usize = 36;
const SHARD: usize = 40;
const LABELS: usize = 44;
const NUMBERS: usize = 48;
const MET_BYTES: u32 = 12;
/** Of a series: its ref in the log; here; whether it is new here. */
const RESULT_BYTES: u32 = 12;
const FOREIGN: u32 = 0xffffffff;

const READ = 0;
const PAGES_SHORT = 1;
const MALFORMED = -1;

/** Reads a record's body and resolves the series that fall to this shard. */
export function readDefinitions(base: usize, tenant: u32, state: usize): i32 {
  const count = load<u32>(state + COUNT);
  while (load<u32>(state + DONE) < count) {
    if (spares(base) < SPARES_MIN) return PAGES_SHORT;
    if (!readSeries(base, tenant, state)) return MALFORMED;
    store<u32>(state + DONE, load<u32>(state + DONE) + 1);
  }
  return load<u32>(state + AT) === load<u32>(state + END) ? READ : MALFORMED;
}

function readSeries(base: usize, tenant: u32, state: usize): bool {
  const end = load<u32>(state + END);
  const numbers = state + NUMBERS;
  let at = varintEnd(load<u32>(state + AT), end);
  if (at === 0 || at + 14 > end) return false;
  const step = varintAt(load<u32>(state + AT));
  const ref = load<u32>(state + REF) + ((step >>> 1) ^ (0 - (step & 1)));
  const shardHash = load<u32>(at);
  const low = load<u32>(at + 4);
  const high = load<u32>(at + 8);
  const labels = <u32>load<u8>(at + 12);
  const mask = at + 13;
  const changed = mask + ((labels + 7) >> 3);
  if (labels === 0 || labels > LABELS_MAX || changed > end || ref >= 0x1000000) return false;
  const known = load<u32>(state + LABELS);
  at = <u32>changed;
  for (let k: u32 = 0; k < labels; k++) {
    if ((load<u8>(mask + (k >> 3)) & (1 << (k & 7))) === 0) {
      if (k >= known) return false;
      continue;
    }
    const from = at;
    at = varintEnd(from, end);
    if (at === 0) return false;
    let number = varintAt(from);
    if (number === 0) {
      at = meet(state, at, end);
      if (at === 0) return false;
      number = load<u32>(state + MET);
    } else if (number > load<u32>(state + MET)) return false;
    store<u32>(numbers + 4 * k, number);
  }
  store<u32>(state + AT, at);
  store<u32>(state + REF, ref);
  store<u32>(state + LABELS, labels);
  const result = load<u32>(state + RESULTS) + RESULT_BYTES * load<u32>(state + DONE);
  store<u32>(result, ref);
  const owner = <u32>((<u64>shardHash * load<u32>(state + SHARDS)) >> 32);
  if (owner !== load<u32>(state + SHARD)) {
    store<u32>(result + 4, FOREIGN);
    store<u32>(result + 8, 0);
    return true;
  }
  const ids = base + IDS_SCRATCH;
  for (let k: u32 = 0; k < labels; k++) {
    const met = load<u32>(state + MET_AT) + MET_BYTES * (load<u32>(numbers + 4 * k) - 1);
    let id = load<u32>(met + 8);
    if (id === 0) {
      id = internPair(base, tenant, load<u32>(met), load<u32>(met + 4));
      store<u32>(met + 8, id);
    }
    store<u32>(ids + 4 * k, id);
  }
  const found = findByPairs(base, tenant, low, high, ids, labels);
  store<u32>(result + 8, found < 0 ? 1 : 0);
  store<u32>(
    result + 4,
    found < 0 ? addRow(base, tenant, low, high, shardHash, ids, labels) : <u32>found,
  );
  return true;
}

/** Notes a pair that stands at `at`; returns its end, or 0 where it is cut short or too long. */
function meet(state: usize, at: u32, end: u32): u32 {
  const number = load<u32>(state + MET);
  if (at + 4 > end || number === load<u32>(state + MET_MAX)) return 0;
  const middle = <u32>textEnd(at);
  if (middle - at > 1026 || middle + 2 > end) return 0;
  const to = <u32>textEnd(middle);
  if (to - middle > 2050 || to - middle < 2 || to > end) return 0;
  const met = load<u32>(state + MET_AT) + MET_BYTES * number;
  store<u32>(met, at);
  store<u32>(met + 4, to - at);
  store<u32>(met + 8, 0);
  store<u32>(state + MET, number + 1);
  return to;
}

/** Where a varint of up to five bytes ends; 0 beyond `end`. */
function varintEnd(at: u32, end: u32): u32 {
  for (let i: u32 = at; i < at + 5 && i < end; i++) if (load<u8>(i) < 0x80) return i + 1;
  return 0;
}

function varintAt(at: u32): u32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < 5; i++) {
    const byte = <u32>load<u8>(at + i);
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) break;
  }
  return value;
}
