// Reading a run of 64-bit integers that write-integers.ts wrote, straight into values.

import { CLASSES, fillWidths, readClasses, readWeights, SMALLEST, tail, WIDTHS } from './classes';
import { at, breakOff, broken, end, moveTo, takeByte, takeSigned, takeVarint } from './cursor';
import { HAS_DIVISOR, IS_CLASSED, IS_LEVEL, IS_SIGNED, WIDTH_MAX } from './integer-form';

/** Whether a column must be read whole for what was wanted of it. */
export let needsWhole: bool = false;

export function forgetNeed(): void {
  needsWhole = false;
}

/**
 * Reads the first `wanted` of `count` integers, as values: integer / power, or, where power is 0, as
 * they are.
 *
 * Bits beyond the end are read before they are found missing: 8 * count + 16 bytes after the end must
 * be memory.
 *
 * @param isShift the divisor is a power of two, given by its exponent
 */
export function readIntegers(
  values: usize,
  count: i32,
  wanted: i32,
  isShift: bool,
  power: f64,
  tables: usize,
  classes: usize,
): void {
  const first = takeSigned();
  if (power === 0) store<i64>(values, first);
  else store<f64>(values, f64(first) / power);
  if (count === 1 || broken) return;
  const entries = wanted - 1;
  const isWhole = wanted === count;
  const head = takeByte();
  let divisor: i64 = 1;
  if (head & HAS_DIVISOR) {
    divisor = takeVarint();
    if (isShift) divisor = divisor < 64 ? i64(1) << divisor : 0;
  }
  const base = takeSigned();
  if (broken) return;
  const isSigned = (head & IS_SIGNED) !== 0;
  restsKeep = head & IS_LEVEL ? 0 : -1;
  restsStep = base * divisor + (head & IS_LEVEL ? first : 0);
  restsFactor = divisor;
  restsFirst = first;
  if (head & IS_CLASSED) {
    readClassed(values + 8, entries, isWhole, isSigned, power, tables, classes);
  } else {
    readFixed(values + 8, entries, power, tables, classes);
  }
}

/** Of the column being read: how an integer follows from its rest and the one before. */
let restsKeep: i64 = 0;
let restsStep: i64 = 0;
let restsFactor: i64 = 1;
let restsFirst: i64 = 0;

/** A fixed width is one class with all bits open. */
function readFixed(values: usize, entries: i32, power: f64, tables: usize, classes: usize): void {
  const width: u64 = takeByte();
  if (broken || width > WIDTH_MAX) {
    breakOff();
    return;
  }
  store<u8>(tables + WIDTHS, u8(width));
  store<u64>(tables + SMALLEST, 0);
  memory.fill(classes, 0, entries);
  unpack(values, entries, false, width, power, tables, classes);
  if (at > end) breakOff();
}

function readClassed(
  values: usize,
  entries: i32,
  isWhole: bool,
  isSigned: bool,
  power: f64,
  tables: usize,
  classes: usize,
): void {
  if (at + 2 > end) {
    breakOff();
    return;
  }
  fillWidths(tables, isSigned);
  if (load<u8>(at + 1) === 0) {
    const only: i32 = load<u8>(at);
    if (only >= CLASSES) breakOff();
    if (broken) return;
    memory.fill(classes, u8(only), entries);
    moveTo(at + 2);
    unpack(values, entries, isSigned, load<u8>(tables + WIDTHS + only), power, tables, classes);
    if (at > end) breakOff();
    return;
  }
  readWeights(tables);
  if (!broken) readClasses(classes, entries, isWhole, tables);
  if (broken) return;
  const widest = widestOf(classes, entries, tables);
  const size = (bitCount + 7) >> 3;
  if (!isWhole) {
    // The last 64 bits are in the states alone.
    needsWhole = size > u64(end - at);
    if (!needsWhole) unpack(values, entries, isSigned, widest, power, tables, classes);
    return;
  }
  const stored = size > 8 ? size - 8 : 0;
  if (stored > u64(end - at)) {
    breakOff();
    return;
  }
  const last = at + usize(stored);
  store<u64>(last, tail);
  unpack(values, entries, isSigned, widest, power, tables, classes);
  moveTo(last);
}

/** Bits that all entries together leave open. */
let bitCount: u64 = 0;

/** The most that one leaves open; counts all. */
function widestOf(classes: usize, entries: i32, tables: usize): u64 {
  let widest: u64 = 0;
  let sum: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const width: u64 = load<u8>(tables + WIDTHS + load<u8>(classes + i));
    sum += width;
    widest = max(widest, width);
  }
  bitCount = sum;
  return widest;
}

/** Reads the open bits and puts the integers together. */
function unpack(
  values: usize,
  entries: i32,
  isSigned: bool,
  widest: u64,
  power: f64,
  tables: usize,
  classes: usize,
): void {
  // With up to 7 bits before it in its first byte a number of 57 bits is in one word.
  if (widest > 57) unpackWide(values, entries, isSigned, power, tables, classes);
  else if (power === 0) unpackIntegers(values, entries, isSigned, tables, classes);
  else unpackDecimals(values, entries, isSigned, power, tables, classes);
}

function unpackDecimals(
  values: usize,
  entries: i32,
  isSigned: bool,
  power: f64,
  tables: usize,
  classes: usize,
): void {
  const signShift: u64 = isSigned ? 1 : 0;
  const from = at;
  const keep = restsKeep;
  const step = restsStep;
  const factor = restsFactor;
  let sum = restsFirst;
  let bit: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const cls: u32 = load<u8>(classes + i);
    const width: u64 = load<u8>(tables + WIDTHS + cls);
    const bits = (load<u64>(from + usize(bit >> 3)) >> (bit & 7)) & ((u64(1) << width) - 1);
    bit += width;
    const sign = -i64(bits & signShift);
    const magnitude = i64(load<u64>(tables + SMALLEST + 8 * cls) + (bits >> signShift));
    sum = (sum & keep) + step + ((magnitude ^ sign) - sign) * factor;
    store<f64>(values + 8 * i, f64(sum) / power);
  }
  moveTo(from + usize((bit + 7) >> 3));
}

function unpackIntegers(
  values: usize,
  entries: i32,
  isSigned: bool,
  tables: usize,
  classes: usize,
): void {
  const signShift: u64 = isSigned ? 1 : 0;
  const from = at;
  const keep = restsKeep;
  const step = restsStep;
  const factor = restsFactor;
  let sum = restsFirst;
  let bit: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const cls: u32 = load<u8>(classes + i);
    const width: u64 = load<u8>(tables + WIDTHS + cls);
    const bits = (load<u64>(from + usize(bit >> 3)) >> (bit & 7)) & ((u64(1) << width) - 1);
    bit += width;
    const sign = -i64(bits & signShift);
    const magnitude = i64(load<u64>(tables + SMALLEST + 8 * cls) + (bits >> signShift));
    sum = (sum & keep) + step + ((magnitude ^ sign) - sign) * factor;
    store<i64>(values + 8 * i, sum);
  }
  moveTo(from + usize((bit + 7) >> 3));
}

/** The same for numbers of any width. */
function unpackWide(
  values: usize,
  entries: i32,
  isSigned: bool,
  power: f64,
  tables: usize,
  classes: usize,
): void {
  const signShift: u64 = isSigned ? 1 : 0;
  const from = at;
  let sum = restsFirst;
  let bit: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const cls: u32 = load<u8>(classes + i);
    const width: u64 = load<u8>(tables + WIDTHS + cls);
    const place = from + usize(bit >> 3);
    const shift = bit & 7;
    let bits = load<u64>(place) >> shift;
    if (width + shift > 64) bits |= u64(load<u8>(place + 8)) << (64 - shift);
    bits &= (u64(1) << width) - 1;
    bit += width;
    const sign = -i64(bits & signShift);
    const magnitude = i64(load<u64>(tables + SMALLEST + 8 * cls) + (bits >> signShift));
    sum = (sum & restsKeep) + restsStep + ((magnitude ^ sign) - sign) * restsFactor;
    if (power === 0) store<i64>(values + 8 * i, sum);
    else store<f64>(values + 8 * i, f64(sum) / power);
  }
  moveTo(from + usize((bit + 7) >> 3));
}
