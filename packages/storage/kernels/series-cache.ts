// What a shard knows of series by the hash of their label bytes: hash -> owner, ref. Layout and
// growth: src/shard/series-cache.ts.
import { hashLabels } from './parts/label-hash';
import { REF_UNKNOWN, RequestFrame } from './parts/request-frame';

const ENTRY_BYTES: u32 = 24;
const ROW_BITS: u32 = 13;
const PART_BITS: u32 = 4;
const NOT_FOUND: u32 = 0xffffffff;

/** Words at the address of a cache. */
@unmanaged
class Cache {
  count: u32;
  /** The entry that is tried first: series come in the order in which they came before. */
  expected: u32;
  /** Addresses of the rows of entries. */
  rows: u32;
  unused: u32;
}
/** Behind them, for each part: address of its slots, and their number less one. */
const PARTS_AT: usize = 16;

/** An entry: 16 bytes of hash, ref, owner. */
function entryAt(rows: u32, entry: u32): usize {
  const row = load<u32>(rows + 4 * (entry >>> ROW_BITS));
  return row + ENTRY_BYTES * (entry & ((1 << ROW_BITS) - 1));
}

function isEntry(at: usize, low: u64, high: u64): bool {
  return load<u64>(at) === low && load<u64>(at, 8) === high;
}

function partOf(high: u64): usize {
  return PARTS_AT + 8 * <usize>(high >>> (64 - PART_BITS));
}

/** Number of the entry with the hash at `hash`; NOT_FOUND where there is none. */
export function find(cache: usize, hash: usize): u32 {
  return lookUp(cache, load<u64>(hash), load<u64>(hash, 8));
}

function lookUp(cache: usize, low: u64, high: u64): u32 {
  const part = cache + partOf(high);
  const slots = load<u32>(part);
  const mask = load<u32>(part, 4);
  const rows = changetype<Cache>(cache).rows;
  let slot = <u32>low & mask;
  let taken = load<u32>(slots + 4 * slot);
  while (taken !== 0) {
    if (isEntry(entryAt(rows, taken - 1), low, high)) return taken - 1;
    slot = (slot + 1) & mask;
    taken = load<u32>(slots + 4 * slot);
  }
  return NOT_FOUND;
}

/** Puts an entry, whose hash stands in it, into the slots of its part; there is a free one. */
export function claimSlot(cache: usize, entry: u32): void {
  const at = entryAt(changetype<Cache>(cache).rows, entry);
  const part = cache + partOf(load<u64>(at, 8));
  const slots = load<u32>(part);
  const mask = load<u32>(part, 4);
  let slot = load<u32>(at) & mask;
  while (load<u32>(slots + 4 * slot) !== 0) slot = (slot + 1) & mask;
  store<u32>(slots + 4 * slot, entry + 1);
}

/** Puts all entries of `count` slots at `before` into the slots that their part has now. */
export function claimSlots(cache: usize, before: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const taken = load<u32>(before + 4 * i);
    if (taken !== 0) claimSlot(cache, taken - 1);
  }
}

/** Hashes [from, to) into the 16 bytes at `out`. */
export function hash(key: usize, domain: u32, from: usize, to: usize, out: usize): void {
  hashLabels(key, domain, from, to, out);
}

/**
 * Hashes and looks up all series of a request: refs, owners, and counts, which are added to. A
 * series that is unknown, or has no samples, goes nowhere as yet.
 *
 * @returns how many are unknown
 */
export function findAll(cache: usize, key: usize, domain: u32, request: usize): u32 {
  const columns = changetype<RequestFrame>(request);
  const rows = changetype<Cache>(cache).rows;
  const known = changetype<Cache>(cache).count;
  const counts = columns.counts;
  let expected = changetype<Cache>(cache).expected;
  let unknown: u32 = 0;
  let first = load<u32>(columns.sampleOffsets);
  for (let i: u32 = 0, count = columns.seriesCount; i < count; i++) {
    const end = load<u32>(columns.sampleOffsets + 4 * i, 4);
    const samples = end - first;
    first = end;
    if (samples === 0) {
      store<u32>(columns.owners + 4 * i, columns.shards);
      continue;
    }
    const out = columns.hashes + 16 * i;
    const labelsFrom = load<u32>(columns.labelsFrom + 4 * i);
    hashLabels(key, domain, labelsFrom, load<u32>(columns.labelsTo + 4 * i), out);
    const low = load<u64>(out);
    const high = load<u64>(out, 8);
    let entry = expected;
    if (entry >= known || !isEntry(entryAt(rows, entry), low, high)) {
      entry = lookUp(cache, low, high);
      if (entry === NOT_FOUND) {
        store<u32>(columns.refs + 4 * i, REF_UNKNOWN);
        store<u32>(columns.owners + 4 * i, columns.shards);
        unknown++;
        continue;
      }
    }
    expected = entry + 1;
    const at = entryAt(rows, entry);
    const owner = load<u32>(at, 20);
    store<u32>(columns.refs + 4 * i, load<u32>(at, 16));
    store<u32>(columns.owners + 4 * i, owner);
    const counter = counts + 8 * owner;
    store<u32>(counter, load<u32>(counter) + 1);
    store<u32>(counter, load<u32>(counter, 4) + samples, 4);
  }
  changetype<Cache>(cache).expected = expected;
  return unknown;
}
