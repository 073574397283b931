// Postings of a pair: refs in the order they came, as runs.
//
// A run is varint(zigzag(start - last ref of the run before) << 1 | several), and, where there are
// several refs, varint(refs - 2). The last run is kept in the pair's row until another begins.
// Bytes stand in a chain of slices of 16, 32, ... 512 bytes; the first word leads to the next one.
import {
  allocateCell,
  freeCell,
  POSTINGS_COUNT,
  POSTINGS_END,
  POSTINGS_FIRST,
  POSTINGS_SLICE,
  POSTINGS_WRITE,
  pairRow,
  RUN_BEFORE,
  RUN_LAST,
  RUN_START,
} from './series-memory';

const SLICE_MIN: u32 = 16;
const SLICE_MAX: u32 = 512;

export function addToPostings(base: usize, row: usize, ref: u32): void {
  const count = load<u32>(row + POSTINGS_COUNT);
  store<u32>(row + POSTINGS_COUNT, count + 1);
  if (count > 0) {
    if (ref === load<u32>(row + RUN_LAST) + 1) {
      store<u32>(row + RUN_LAST, ref);
      return;
    }
    writeRun(base, row);
  }
  store<u32>(row + RUN_START, ref);
  store<u32>(row + RUN_LAST, ref);
}

function writeRun(base: usize, row: usize): void {
  const start = load<u32>(row + RUN_START);
  const last = load<u32>(row + RUN_LAST);
  const step = <i32>(start - load<u32>(row + RUN_BEFORE));
  const several: u32 = last > start ? 1 : 0;
  writeVarint(base, row, <u32>((step << 1) ^ (step >> 31)) * 2 + several);
  if (several) writeVarint(base, row, last - start - 1);
  store<u32>(row + RUN_BEFORE, last);
}

function writeVarint(base: usize, row: usize, value: u32): void {
  let rest = value;
  while (rest >= 0x80) {
    writeByte(base, row, <u8>(rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  writeByte(base, row, <u8>rest);
}

function writeByte(base: usize, row: usize, byte: u8): void {
  let at = load<u32>(row + POSTINGS_WRITE);
  if (at === load<u32>(row + POSTINGS_END)) at = addSlice(base, row);
  store<u8>(at, byte);
  store<u32>(row + POSTINGS_WRITE, at + 1);
}

function addSlice(base: usize, row: usize): u32 {
  const before = load<u32>(row + POSTINGS_SLICE);
  const size = before === 0 ? SLICE_MIN : before < SLICE_MAX ? before * 2 : SLICE_MAX;
  const slice = <u32>allocateCell(base, size);
  store<u32>(slice, 0);
  if (before === 0) store<u32>(row + POSTINGS_FIRST, slice);
  else store<u32>(load<u32>(row + POSTINGS_END) - before, slice);
  store<u32>(row + POSTINGS_SLICE, size);
  store<u32>(row + POSTINGS_END, slice + size);
  return slice + 4;
}

/** Empties a pair's postings. */
export function clearPostings(base: usize, pair: u32): void {
  const row = pairRow(base, pair);
  let size: u32 = SLICE_MIN;
  for (let slice = load<u32>(row + POSTINGS_FIRST); slice !== 0; ) {
    const next = load<u32>(slice);
    freeCell(base, slice, size);
    size = size < SLICE_MAX ? size * 2 : SLICE_MAX;
    slice = next;
  }
  memory.fill(row + POSTINGS_COUNT, 0, RUN_BEFORE + 4 - POSTINGS_COUNT);
}

/** Adds a ref to a pair's postings. */
export function addPosting(base: usize, pair: u32, ref: u32): void {
  addToPostings(base, pairRow(base, pair), ref);
}
