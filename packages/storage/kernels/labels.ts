// Labels as they came -> canonical labels, and the shard hash. Twins: src/model/label-rules.ts,
// src/protocol/remote-write.ts.
//
// A pair of input is four words: address and bytes of its name, address and bytes of its value.
import { compareTexts } from './parts/label-bytes';
import { RequestFrame } from './parts/request-frame';
import { shardHash } from './parts/series-hash';
import { ROW, ROW_BYTES, ROW_HASH, ROW_REF, ROW_SHARD_HASH, UNKNOWN } from './parts/series-row';

export { shardHash };

const PAIR = 16;
const LABELS_MAX = 64;
const METRIC_NAME_BYTES_MAX: u32 = 200;
const NAME_BYTES_MAX: u32 = 1024;
const VALUE_BYTES_MAX: u32 = 2048;
/** Whatever is wrong is named by the TypeScript path. */
const FAULT = -1;
const METRIC_NAME: u64 = 0x5f5f656d616e5f5f;

/**
 * Reads the label fields of a protobuf series in [from, to) into `pairs`: at most `max`; fields that
 * are no labels are passed over where they are length-delimited.
 *
 * @returns how many, or FAULT
 */
export function readProtobufLabels(from: usize, to: usize, pairs: usize, max: i32): i32 {
  let count = 0;
  let at = from;
  while (at < to) {
    const tag = load<u8>(at++);
    if ((tag & 7) !== 2 || tag >= 0x80) return FAULT;
    const end = lengthEnd(at, to);
    if (end === 0) return FAULT;
    at = lengthFrom(at);
    if (tag === 0x0a) {
      if (count === max || !readLabel(at, end, pairs + count * PAIR)) return FAULT;
      count++;
    }
    at = end;
  }
  return count;
}

function readLabel(from: usize, to: usize, pair: usize): bool {
  store<u64>(pair, 0);
  store<u64>(pair + 8, 0);
  for (let at = from; at < to; ) {
    const tag = load<u8>(at++);
    if (tag !== 0x0a && tag !== 0x12) return false;
    const end = lengthEnd(at, to);
    if (end === 0) return false;
    at = lengthFrom(at);
    const field = pair + (tag === 0x0a ? 0 : 8);
    store<u32>(field, <u32>at);
    store<u32>(field + 4, <u32>(end - at));
    at = end;
  }
  return true;
}

/** Where the bytes end whose length, of up to three bytes, stands at `at`; 0 beyond `to`. */
function lengthEnd(at: usize, to: usize): usize {
  let length: u32 = 0;
  let i = at;
  for (let shift = 0; shift < 21; shift += 7) {
    if (i >= to) return 0;
    const byte = <u32>load<u8>(i++);
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) return i + length <= to ? i + length : 0;
  }
  return 0;
}

function lengthFrom(at: usize): usize {
  while (load<u8>(at) >= 0x80) at++;
  return at + 1;
}

/**
 * Sorts and checks `count` pairs, in place, and writes them canonically from `out` on; pairs with
 * an empty value are left out.
 *
 * @returns bytes written, or FAULT where a rule is broken or `end` is reached
 */
export function canonicalLabels(pairs: usize, count: i32, out: usize, end: usize): i32 {
  let kept = 0;
  let isSorted = true;
  for (let i = 0; i < count; i++) {
    const pair = pairs + i * PAIR;
    if (load<u32>(pair + 12) === 0) continue;
    if (kept > 0 && comparePairs(pairs + (kept - 1) * PAIR, pair) >= 0) isSorted = false;
    if (kept !== i) memory.copy(pairs + kept * PAIR, pair, PAIR);
    kept++;
  }
  if (kept > LABELS_MAX) return FAULT;
  if (!isSorted && !sortPairs(pairs, kept)) return FAULT;
  let hasMetric = false;
  let at = out;
  for (let i = 0; i < kept; i++) {
    const pair = pairs + i * PAIR;
    const name = load<u32>(pair);
    const nameBytes = load<u32>(pair + 4);
    const value = load<u32>(pair + 8);
    const valueBytes = load<u32>(pair + 12);
    if (nameBytes === 0 || nameBytes > NAME_BYTES_MAX || valueBytes > VALUE_BYTES_MAX) return FAULT;
    if (at + nameBytes + valueBytes + 4 > end) return FAULT;
    if (nameBytes === 8 && load<u64>(name) === METRIC_NAME) {
      if (valueBytes > METRIC_NAME_BYTES_MAX) return FAULT;
      hasMetric = true;
    }
    at = writeText(at, name, nameBytes);
    if (at === 0) return FAULT;
    at = writeText(at, value, valueBytes);
    if (at === 0) return FAULT;
  }
  return hasMetric ? <i32>(at - out) : FAULT;
}

function comparePairs(a: usize, b: usize): i32 {
  return compareTexts(load<u32>(a), load<u32>(a + 4), load<u32>(b), load<u32>(b + 4));
}

/** By insertion; false where two names are the same. */
function sortPairs(pairs: usize, count: i32): bool {
  for (let i = 1; i < count; i++) {
    const low = load<u64>(pairs + i * PAIR);
    const high = load<u64>(pairs + i * PAIR + 8);
    let k = i - 1;
    for (; k >= 0; k--) {
      const other = pairs + k * PAIR;
      const order = compareTexts(
        load<u32>(other),
        load<u32>(other + 4),
        <u32>low,
        <u32>(low >> 32),
      );
      if (order === 0) return false;
      if (order < 0) break;
      memory.copy(other + PAIR, other, PAIR);
    }
    store<u64>(pairs + (k + 1) * PAIR, low);
    store<u64>(pairs + (k + 1) * PAIR + 8, high);
  }
  return true;
}

/** Writes length and text; returns its end, or 0 where it is not UTF-8 or holds U+0000. */
function writeText(at: usize, text: usize, bytes: u32): usize {
  let out = at;
  if (bytes < 0x80) store<u8>(out++, <u8>bytes);
  else {
    store<u8>(out++, <u8>(bytes & 0x7f) | 0x80);
    store<u8>(out++, <u8>(bytes >> 7));
  }
  let i: u32 = 0;
  for (; i + 8 <= bytes; i += 8) {
    const word = load<u64>(text + i);
    // No byte is 0 or has its high bit: ASCII, as nearly all labels are.
    if ((((word - 0x0101010101010101) | word) & 0x8080808080808080) !== 0) break;
    store<u64>(out + i, word);
  }
  for (; i < bytes; i++) {
    const byte = load<u8>(text + i);
    if (byte === 0) return 0;
    if (byte >= 0x80) {
      if (!isUtf8(text + i, text + bytes)) return 0;
      memory.copy(out + i, text + i, bytes - i);
      break;
    }
    store<u8>(out + i, byte);
  }
  return out + bytes;
}

/** Whether [from, to) is well-formed UTF-8 without U+0000. */
function isUtf8(from: usize, to: usize): bool {
  for (let at = from; at < to; ) {
    const byte = <u32>load<u8>(at++);
    if (byte < 0x80) {
      if (byte === 0) return false;
      continue;
    }
    const more: u32 = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    if (byte < 0xc2 || byte > 0xf4 || at + more > to) return false;
    let code: u32 = byte & (0x3f >> more);
    for (let i: u32 = 0; i < more; i++) {
      const next = <u32>load<u8>(at++);
      if ((next & 0xc0) !== 0x80) return false;
      code = (code << 6) | (next & 0x3f);
    }
    if (more === 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return false;
    if (more === 3 && (code < 0x10000 || code > 0x10ffff)) return false;
  }
  return true;
}

/**
 * Labels of a protobuf series at [from, to) -> canonical labels at `out`, and a row of the series
 * table (parts/series-row.ts) with their address, bytes and shard hash.
 *
 * @returns bytes written, or FAULT
 */
export function canonicalSeries(
  from: usize,
  to: usize,
  pairs: usize,
  pairsMax: i32,
  out: usize,
  end: usize,
  row: usize,
  key: usize,
  prefix: usize,
  prefixBytes: u32,
  scratch: usize,
): i32 {
  const count = readProtobufLabels(from, to, pairs, pairsMax);
  if (count < 0) return FAULT;
  const bytes = canonicalLabels(pairs, count, out, end);
  if (bytes < 0) return FAULT;
  store<u32>(row, <u32>out);
  store<u32>(row + ROW_BYTES, bytes);
  store<u32>(row + ROW_SHARD_HASH, shardHash(key, prefix, prefixBytes, out, out + bytes, scratch));
  return bytes;
}

/** What unknown series are placed with: addresses, and how far rows and labels are filled. */
@unmanaged
class Placing {
  pairs: u32;
  pairsMax: u32;
  key: u32;
  prefix: u32;
  prefixBytes: u32;
  scratch: u32;
  labels: u32;
  labelsEnd: u32;
  rows: u32;
  rowCount: u32;
  /** By shard: rows, and bytes of labels. */
  counts: u32;
}

/**
 * Gives the unknown series of a request from `series` on to the shards that own them, each with a
 * row and its labels.
 *
 * @returns the first series whose labels are to be looked at one by one, else their number
 */
export function placeUnknown(request: usize, series: u32, placing: usize): u32 {
  const columns = changetype<RequestFrame>(request);
  const place = changetype<Placing>(placing);
  const shards = columns.shards;
  let i = series;
  for (const count = columns.seriesCount; i < count; i++) {
    if (load<u32>(columns.refs + 4 * i) !== UNKNOWN) continue;
    const first = load<u32>(columns.sampleOffsets + 4 * i);
    const samples = load<u32>(columns.sampleOffsets + 4 * i, 4) - first;
    if (samples === 0) continue;
    const row = place.rows + ROW * place.rowCount;
    const bytes = canonicalSeries(
      load<u32>(columns.labelsFrom + 4 * i),
      load<u32>(columns.labelsTo + 4 * i),
      place.pairs,
      place.pairsMax,
      place.labels,
      place.labelsEnd,
      row,
      place.key,
      place.prefix,
      place.prefixBytes,
      place.scratch,
    );
    if (bytes < 0) break;
    memory.copy(row + ROW_HASH, columns.hashes + 16 * i, 16);
    place.rowCount++;
    place.labels += bytes;
    const owner = <u32>((<u64>load<u32>(row + ROW_SHARD_HASH) * shards) >> 32);
    countBoth(place.counts + 8 * owner, bytes);
    countBoth(columns.counts + 8 * owner, samples);
    store<u32>(columns.owners + 4 * i, owner);
  }
  return i;
}

/** Counts one, and so much of it. */
function countBoth(counter: usize, by: u32): void {
  store<u32>(counter, load<u32>(counter) + 1);
  store<u32>(counter, load<u32>(counter, 4) + by, 4);
}

/** Bytes that the label fields of a request's unknown series have. */
export function unknownBytes(request: usize): u32 {
  const columns = changetype<RequestFrame>(request);
  let bytes: u32 = 0;
  for (let i: u32 = 0, count = columns.seriesCount; i < count; i++) {
    if (load<u32>(columns.refs + 4 * i) !== UNKNOWN) continue;
    bytes += load<u32>(columns.labelsTo + 4 * i) - load<u32>(columns.labelsFrom + 4 * i);
  }
  return bytes;
}

/** Copies the rows of one shard out of `shards`, and behind them their labels. */
export function collectRows(
  rows: usize,
  count: u32,
  shards: u32,
  owner: u32,
  out: usize,
  labels: usize,
): void {
  for (let i: u32 = 0; i < count; i++) {
    const row = rows + ROW * i;
    if (<u32>((<u64>load<u32>(row + ROW_SHARD_HASH) * shards) >> 32) !== owner) continue;
    const bytes = load<u32>(row + ROW_BYTES);
    memory.copy(out, row, ROW);
    memory.copy(labels, load<u32>(row), bytes);
    store<u32>(out, <u32>labels);
    store<u32>(out + ROW_REF, UNKNOWN);
    out += ROW;
    labels += bytes;
  }
}

/** Puts the refs of rows, in order, where `refs` has none. */
export function fillRefs(refs: usize, count: u32, rows: usize): void {
  let row = rows;
  for (let i: u32 = 0; i < count; i++) {
    if (load<u32>(refs + 4 * i) !== UNKNOWN) continue;
    store<u32>(refs + 4 * i, load<u32>(row + ROW_REF));
    row += ROW;
  }
}
