// Hash tables from a 32-bit hash to a number below 2^24 - 1, as pages that split when they are full,
// so that growth is never more than a page at a time.
//
// The upper bits of a hash choose an entry in the directory of pages (up to 2^14), the lower 14 a
// slot, and the 8 bits above these are kept in the slot, so that few rows are looked at in vain. A
// slot is 0 or tag << 24 | number + 1.
import { takePage } from './series-memory';

const SLOTS: u32 = 16380;
const COUNT: usize = 4 * 16380;
/** How many upper bits all hashes of the page share. */
const DEPTH: usize = 4 * 16381;
const SLOTS_USED_MAX: u32 = 13000;

/** The page for a hash. */
export function slotPage(directory: usize, depth: u32, hash: u32): usize {
  const entry = depth === 0 ? 0 : hash >>> (32 - depth);
  return load<u32>(directory + 4 * entry);
}

export function firstSlot(hash: u32): u32 {
  const slot = hash & 16383;
  return slot >= SLOTS ? slot - SLOTS : slot;
}

export function nextSlot(slot: u32): u32 {
  return slot + 1 === SLOTS ? 0 : slot + 1;
}

export function slotTag(hash: u32): u32 {
  return (hash >>> 14) << 24;
}

export function isFull(page: usize): bool {
  return load<u32>(page + COUNT) >= SLOTS_USED_MAX;
}

/** Puts a number into a page that is not full. */
export function putSlot(page: usize, hash: u32, number: u32): void {
  let slot = firstSlot(hash);
  while (load<u32>(page + 4 * slot) !== 0) slot = nextSlot(slot);
  store<u32>(page + 4 * slot, slotTag(hash) | (number + 1));
  store<u32>(page + COUNT, load<u32>(page + COUNT) + 1);
}

/** The slot that holds a number. */
export function slotOfNumber(page: usize, hash: u32, number: u32): u32 {
  const wanted = slotTag(hash) | (number + 1);
  let slot = firstSlot(hash);
  while (load<u32>(page + 4 * slot) !== wanted) slot = nextSlot(slot);
  return slot;
}

/** Whether an entry whose hash leads to `home` may move from `slot` up to `hole`. */
export function mayMove(home: u32, slot: u32, hole: u32): bool {
  return distance(home, slot) >= distance(hole, slot);
}

function distance(from: u32, to: u32): u32 {
  return to >= from ? to - from : to + SLOTS - from;
}

export function countDown(page: usize): void {
  store<u32>(page + COUNT, load<u32>(page + COUNT) - 1);
}

/** Makes way for a split of the page of `hash`: two empty pages in its place. Returns the old one. */
export function splitPage(base: usize, directory: usize, depthAt: usize, hash: u32): usize {
  const depth = load<u32>(depthAt);
  const old = slotPage(directory, depth, hash);
  const shared = load<u32>(old + DEPTH);
  if (shared === depth) {
    for (let i: i32 = (1 << depth) - 1; i >= 0; i--) {
      const page = load<u32>(directory + 4 * i);
      store<u32>(directory + 8 * i, page);
      store<u32>(directory + 8 * i + 4, page);
    }
    store<u32>(depthAt, depth + 1);
  }
  const bits = load<u32>(depthAt);
  const low = takePage(base);
  const high = takePage(base);
  store<u32>(low + DEPTH, shared + 1);
  store<u32>(high + DEPTH, shared + 1);
  const prefix = shared === 0 ? 0 : hash >>> (32 - shared);
  const span: u32 = 1 << (bits - shared);
  for (let i: u32 = 0; i < span; i++) {
    store<u32>(directory + 4 * (prefix * span + i), <u32>(i < span >> 1 ? low : high));
  }
  return old;
}

/** The number in a slot of a page, or -1. */
export function numberIn(page: usize, slot: u32): i32 {
  return <i32>(load<u32>(page + 4 * slot) & 0xffffff) - 1;
}

export const SLOTS_PER_PAGE: u32 = SLOTS;
