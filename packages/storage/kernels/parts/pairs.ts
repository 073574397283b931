// Label pairs: text -> id. The name of a pair is a row of its own, its text that of a pair with an
// empty value; so is the tenant, with an empty name. Rows hang in the list of their parent.
import { sameBytes, textEnd } from './label-bytes';
import { clearPostings } from './postings';
import {
  allocateCell,
  freeCell,
  givePage,
  newPairId,
  PAIR_BEFORE,
  PAIR_BYTES,
  PAIR_CHILD,
  PAIR_DEPTH,
  PAIR_HASH,
  PAIR_NEXT,
  PAIR_PARENT,
  PAIR_SLOTS,
  PAIR_TENANT,
  PAIR_TEXT,
  PAIR_TEXT_BYTES,
  PAIRS_FREE,
  pairRow,
  SECRET,
  TEXT_SCRATCH,
} from './series-memory';
import { siphash13 } from './siphash';
import {
  countDown,
  firstSlot,
  isFull,
  mayMove,
  nextSlot,
  numberIn,
  putSlot,
  SLOTS_PER_PAGE,
  slotOfNumber,
  slotPage,
  slotTag,
  splitPage,
} from './slots';

/**
 * A keyed hash of a text. Cheaper ones fall to a sender who looks for many texts with one hash, and
 * with it for tables that are walked from end to end.
 */
export function pairHash(base: usize, tenant: u32, at: usize, bytes: u32): u32 {
  return <u32>siphash13(base + SECRET, at, bytes) ^ (tenant * 0x9e3779b1);
}

/** The id of a text, or 0. */
export function findPair(base: usize, tenant: u32, hash: u32, at: usize, bytes: u32): u32 {
  const page = slotPage(base + PAIR_SLOTS, load<u32>(base + PAIR_DEPTH), hash);
  const tag = slotTag(hash);
  let slot = firstSlot(hash);
  for (let entry = load<u32>(page + 4 * slot); entry !== 0; entry = load<u32>(page + 4 * slot)) {
    slot = nextSlot(slot);
    if ((entry & 0xff000000) !== tag) continue;
    const id = (entry & 0xffffff) - 1;
    const row = pairRow(base, id);
    if (load<u32>(row + PAIR_HASH) !== hash || load<u32>(row + PAIR_TEXT_BYTES) !== bytes) continue;
    if (load<u32>(row + PAIR_TENANT) !== tenant) continue;
    if (sameBytes(load<u32>(row + PAIR_TEXT), at, bytes)) return id;
  }
  return 0;
}

/** The id of a pair, given on first sight. */
export function internPair(base: usize, tenant: u32, at: usize, bytes: u32): u32 {
  const hash = pairHash(base, tenant, at, bytes);
  const known = findPair(base, tenant, hash, at, bytes);
  return known !== 0 ? known : addPair(base, tenant, hash, at, bytes, internName(base, tenant, at));
}

/** The row of a pair's name. */
function internName(base: usize, tenant: u32, at: usize): u32 {
  const name = base + TEXT_SCRATCH;
  const bytes = <u32>(textEnd(at) - at);
  memory.copy(name, at, bytes);
  store<u8>(name + bytes, 0);
  const hash = pairHash(base, tenant, name, bytes + 1);
  const known = findPair(base, tenant, hash, name, bytes + 1);
  if (known !== 0) return known;
  const root = internRoot(base, tenant);
  return addPair(base, tenant, hash, name, bytes + 1, root);
}

/** The row of a tenant: its text is two empty ones. */
export function internRoot(base: usize, tenant: u32): u32 {
  const text = base + TEXT_SCRATCH + 2048;
  store<u16>(text, 0);
  const hash = pairHash(base, tenant, text, 2);
  const known = findPair(base, tenant, hash, text, 2);
  return known !== 0 ? known : addPair(base, tenant, hash, text, 2, 0);
}

function addPair(base: usize, tenant: u32, hash: u32, at: usize, bytes: u32, parent: u32): u32 {
  const id = newPairId(base);
  const row = pairRow(base, id);
  memory.fill(row, 0, PAIR_BYTES);
  const text = allocateCell(base, bytes);
  memory.copy(text, at, bytes);
  store<u32>(row + PAIR_TEXT, <u32>text);
  store<u32>(row + PAIR_TEXT_BYTES, bytes);
  store<u32>(row + PAIR_HASH, hash);
  store<u32>(row + PAIR_TENANT, tenant);
  store<u32>(row + PAIR_PARENT, parent);
  if (parent !== 0) {
    const above = pairRow(base, parent);
    const next = load<u32>(above + PAIR_CHILD);
    store<u32>(above + PAIR_CHILD, id);
    store<u32>(row + PAIR_NEXT, next);
    if (next !== 0) store<u32>(pairRow(base, next) + PAIR_BEFORE, id);
  }
  let page = slotPage(base + PAIR_SLOTS, load<u32>(base + PAIR_DEPTH), hash);
  while (isFull(page)) {
    splitPairs(base, hash);
    page = slotPage(base + PAIR_SLOTS, load<u32>(base + PAIR_DEPTH), hash);
  }
  putSlot(page, hash, id);
  return id;
}

function splitPairs(base: usize, hash: u32): void {
  const old = splitPage(base, base + PAIR_SLOTS, base + PAIR_DEPTH, hash);
  const depth = load<u32>(base + PAIR_DEPTH);
  for (let slot: u32 = 0; slot < SLOTS_PER_PAGE; slot++) {
    const id = numberIn(old, slot);
    if (id < 0) continue;
    const own = load<u32>(pairRow(base, id) + PAIR_HASH);
    putSlot(slotPage(base + PAIR_SLOTS, depth, own), own, id);
  }
  givePage(base, old);
}

/** Gives back a pair that no series has, and its name where that was its last value. */
export function releasePair(base: usize, id: u32): void {
  const row = pairRow(base, id);
  dropSlot(base, row, id);
  clearPostings(base, id);
  freeCell(base, load<u32>(row + PAIR_TEXT), load<u32>(row + PAIR_TEXT_BYTES));
  store<u32>(row + PAIR_TEXT, 0);
  const next = load<u32>(row + PAIR_NEXT);
  const before = load<u32>(row + PAIR_BEFORE);
  const parent = load<u32>(row + PAIR_PARENT);
  if (next !== 0) store<u32>(pairRow(base, next) + PAIR_BEFORE, before);
  if (before !== 0) store<u32>(pairRow(base, before) + PAIR_NEXT, next);
  else if (parent !== 0) {
    const above = pairRow(base, parent);
    store<u32>(above + PAIR_CHILD, next);
    if (next === 0 && load<u32>(above + PAIR_PARENT) !== 0) releasePair(base, parent);
  }
  store<u32>(row + PAIR_NEXT, load<u32>(base + PAIRS_FREE));
  store<u32>(base + PAIRS_FREE, id);
}

function dropSlot(base: usize, row: usize, id: u32): void {
  const hash = load<u32>(row + PAIR_HASH);
  const page = slotPage(base + PAIR_SLOTS, load<u32>(base + PAIR_DEPTH), hash);
  let hole = slotOfNumber(page, hash, id);
  for (let slot = nextSlot(hole); load<u32>(page + 4 * slot) !== 0; slot = nextSlot(slot)) {
    const other = pairRow(base, numberIn(page, slot));
    if (!mayMove(firstSlot(load<u32>(other + PAIR_HASH)), slot, hole)) continue;
    store<u32>(page + 4 * hole, load<u32>(page + 4 * slot));
    hole = slot;
  }
  store<u32>(page + 4 * hole, 0);
  countDown(page);
}
