// Columns of values to bytes and back: docs/formats/columns.md, "Value columns".
// Oracle of its tests: test/storage/encoding/plain-value-column.ts, which reads the same bytes.

import { TABLE_BYTES } from './column/classes';
import {
  at,
  breakOff,
  broken,
  moveTo,
  putByte,
  putVarint,
  putWord,
  startAt,
  takeByte,
  takeVarint,
  takeWord,
} from './column/cursor';
import { forgetNeed, needsWhole, readIntegers } from './column/read-integers';
import { commonDivisor, commonShift, roughness, writeIntegers } from './column/write-integers';

const CONSTANT: u32 = 1;
const DECIMAL: u32 = 2;
const PATTERN: u32 = 3;
const EXPONENT_MAX: i32 = 18;
const EXPONENT_BITS: u32 = 31;
const IS_DIFFERENCE: u32 = 32;
const HAS_MISFITS: u32 = 64;
/** Magnitudes stay below, so that the difference of two differences is exact in a float64. */
const INTEGER_LIMIT: f64 = 2251799813685248;
/** The column is no decimal where more values than these and one in eight are not. */
const MISFITS_FREE: i32 = 4;

/**
 * Writes values[0, count), count >= 1, and returns how many bytes it took.
 *
 * @param reference values of the column before, as many, or 0
 * @param out       12 * count + 1024 bytes
 * @param scratch   40 * count + 16384 bytes
 */
export function encodeColumn(
  values: usize,
  count: i32,
  reference: usize,
  out: usize,
  scratch: usize,
): i32 {
  startAt(out, 0);
  if (isConstant(values, count)) {
    putByte(CONSTANT);
    putWord(load<u64>(values));
    return i32(at - out);
  }
  const tables = scratch;
  const integers = tables + TABLE_BYTES;
  const others = integers + 8 * count;
  const misfits = others + 8 * count;
  const room = misfits + 4 * count;
  const exponent = scaleUp(values, count, integers, misfits);
  if (exponent < 0) {
    putByte(PATTERN);
    for (let i = 0; i < count; i++)
      store<i64>(integers + 8 * i, patternOf(load<i64>(values + 8 * i)));
    const shift = commonShift(integers, count);
    writeIntegers(integers, count, i64(1) << shift, true, tables, room);
    return i32(at - out);
  }
  const isDifference =
    reference !== 0 &&
    subtract(integers, count, reference, exponent, misfits, others) &&
    roughness(others, count) < roughness(integers, count);
  const chosen = isDifference ? others : integers;
  putByte(DECIMAL);
  putByte(exponent | (isDifference ? IS_DIFFERENCE : 0) | (misfitCount > 0 ? HAS_MISFITS : 0));
  if (misfitCount > 0) writeMisfits(values, misfits, misfitCount);
  writeIntegers(chosen, count, commonDivisor(chosen, count), false, tables, room);
  return i32(at - out);
}

function isConstant(values: usize, count: i32): bool {
  const first = load<u64>(values);
  for (let i = 1; i < count; i++) if (load<u64>(values + 8 * i) !== first) return false;
  return true;
}

function powerOfTen(exponent: i32): f64 {
  let power: f64 = 1;
  for (let i = 0; i < exponent; i++) power *= 10;
  return power;
}

/** An integer over a power of ten whose quotient has the value's bits. */
function isDecimal(value: f64, power: f64): bool {
  const integer = nearest(value * power);
  if (!(Math.abs(integer) < INTEGER_LIMIT)) return false;
  // Through an integer: minus zero loses its sign and shows.
  return reinterpret<u64>(f64(i64(integer)) / power) === reinterpret<u64>(value);
}

/** Values that are no decimals; their indexes are in `misfits`. */
let misfitCount: i32 = 0;

/** Values as integers over the power of the smallest exponent that suits all but few, or -1. */
function scaleUp(values: usize, count: i32, integers: usize, misfits: usize): i32 {
  let exponent = 0;
  let power: f64 = 1;
  misfitCount = 0;
  let before: i64 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f64>(values + 8 * i);
    const integer = nearest(value * power);
    if (Math.abs(integer) < INTEGER_LIMIT) {
      const exact = i64(integer);
      // Through an integer: minus zero loses its sign and shows.
      const again = exponent === 0 ? f64(exact) : f64(exact) / power;
      if (reinterpret<u64>(again) === reinterpret<u64>(value)) {
        before = exact;
        store<i64>(integers + 8 * i, exact);
        continue;
      }
    }
    const wanted = exponentFor(value, exponent, power);
    if (wanted > 0) {
      // Once more from the start: a larger power may not suit what came before.
      exponent = wanted;
      power = powerOfTen(exponent);
      misfitCount = 0;
      i = -1;
      continue;
    }
    if (misfitCount >= MISFITS_FREE + (i >> 3)) return -1;
    store<u32>(misfits + 4 * misfitCount, i);
    misfitCount++;
    store<i64>(integers + 8 * i, before);
  }
  fillBefore(integers, misfits, count);
  return misfitCount < count ? exponent : -1;
}

/** A larger exponent at which a value is a decimal, or 0. */
function exponentFor(value: f64, exponent: i32, power: f64): i32 {
  let wanted = exponent;
  let tried = power;
  while (wanted < EXPONENT_MAX && Math.abs(value * tried) < INTEGER_LIMIT) {
    wanted++;
    tried *= 10;
    if (isDecimal(value, tried)) return wanted;
  }
  return 0;
}

/** Misfits at the start take the integer of the first value that is none. */
function fillBefore(integers: usize, misfits: usize, count: i32): void {
  let leading = 0;
  while (leading < misfitCount && load<u32>(misfits + 4 * leading) === u32(leading)) leading++;
  if (leading === count) return;
  const first = load<i64>(integers + 8 * leading);
  for (let i = 0; i < leading; i++) store<i64>(integers + 8 * i, first);
}

/** What the integers are above those of the reference, which a reader has as values. */
function subtract(
  integers: usize,
  count: i32,
  reference: usize,
  exponent: i32,
  misfits: usize,
  others: usize,
): bool {
  const power = powerOfTen(exponent);
  for (let i = 0; i < count; i++) {
    const other = referenceInteger(load<f64>(reference + 8 * i), power);
    store<i64>(others + 8 * i, load<i64>(integers + 8 * i) - other);
  }
  for (let k = 0; k < misfitCount; k++) {
    const i = load<u32>(misfits + 4 * k);
    if (i > 0) store<i64>(others + 8 * i, load<i64>(others + 8 * i - 8));
  }
  return true;
}

function referenceInteger(value: f64, power: f64): i64 {
  const integer = nearest(value * power);
  return Math.abs(integer) < INTEGER_LIMIT ? i64(integer) : 0;
}

function writeMisfits(values: usize, misfits: usize, found: i32): void {
  putVarint(found);
  let next: u32 = 0;
  for (let k = 0; k < found; k++) {
    const i = load<u32>(misfits + 4 * k);
    putVarint(i - next);
    putWord(load<u64>(values + 8 * i));
    next = i + 1;
  }
}

/** Patterns order as values do. */
function patternOf(bits: i64): i64 {
  return bits ^ ((bits >> 63) & 0x7fff_ffff_ffff_ffff);
}

/**
 * Reads the first `wanted` of `count` values out of bytes[from, to) and returns how many bytes the
 * column has, or 0: it is none. Where less than all is wanted the column must end at `to`.
 *
 * 8 * count + 16 bytes after the end must be memory; the first 8 of them may be written over.
 *
 * @param reference values of the column before, as many, or 0 where there is none
 * @param scratch   count + 8208 bytes
 */
export function decodeColumn(
  from: usize,
  to: usize,
  count: i32,
  wanted: i32,
  reference: usize,
  values: usize,
  scratch: usize,
): i32 {
  if (wanted < count) {
    readColumn(from, to, count, wanted, reference, values, scratch);
    if (broken) return 0;
    if (!needsWhole) return i32(to - from);
  }
  readColumn(from, to, count, count, reference, values, scratch);
  return broken ? 0 : i32(at - from);
}

function readColumn(
  from: usize,
  to: usize,
  count: i32,
  wanted: i32,
  reference: usize,
  values: usize,
  scratch: usize,
): void {
  startAt(from, to);
  forgetNeed();
  const type = takeByte();
  if (type === CONSTANT) {
    const bits = takeWord();
    for (let i = 0; i < wanted; i++) store<u64>(values + 8 * i, bits);
  } else if (type === DECIMAL) {
    readDecimals(count, wanted, reference, values, scratch);
  } else if (type === PATTERN) {
    readIntegers(values, count, wanted, true, 0, scratch, scratch + TABLE_BYTES);
    for (let i = 0; i < wanted; i++) {
      store<i64>(values + 8 * i, patternOf(load<i64>(values + 8 * i)));
    }
  } else {
    breakOff();
  }
}

function readDecimals(
  count: i32,
  wanted: i32,
  reference: usize,
  values: usize,
  scratch: usize,
): void {
  const head = takeByte();
  const exponent = i32(head & EXPONENT_BITS);
  const isDifference = (head & IS_DIFFERENCE) !== 0;
  const misfitsAt = at;
  if (head & HAS_MISFITS) passMisfits(count);
  if (exponent > EXPONENT_MAX || (isDifference && reference === 0)) breakOff();
  if (broken) return;
  const power = powerOfTen(exponent);
  const divisor = isDifference ? 0 : power;
  readIntegers(values, count, wanted, false, divisor, scratch, scratch + TABLE_BYTES);
  if (broken || needsWhole) return;
  if (isDifference) {
    for (let i = 0; i < wanted; i++) {
      const other = referenceInteger(load<f64>(reference + 8 * i), power);
      store<f64>(values + 8 * i, f64(load<i64>(values + 8 * i) + other) / power);
    }
  }
  if ((head & HAS_MISFITS) === 0) return;
  const last = at;
  moveTo(misfitsAt);
  readMisfits(count, wanted, values);
  moveTo(last);
}

function passMisfits(count: i32): void {
  const found = takeVarint();
  if (found > u64(count)) breakOff();
  for (let k: u64 = 0; k < found && !broken; k++) {
    takeVarint();
    takeWord();
  }
}

function readMisfits(count: i32, wanted: i32, values: usize): void {
  let next: u64 = 0;
  for (let left = takeVarint(); left > 0; left--) {
    const gap = takeVarint();
    const i = next + gap;
    const bits = takeWord();
    if (gap >= u64(count) || i >= u64(count)) {
      breakOff();
      return;
    }
    if (i < u64(wanted)) store<u64>(values + 8 * usize(i), bits);
    next = i + 1;
  }
}

/** Sums are exact below. */
const SUM_LIMIT: f64 = 9007199254740992;

/**
 * First, last, smallest and largest of values[0, count) and their sum, as five f64.
 *
 * @returns 0: one is not finite; 1: the sum is not exact; 2: all values are integers, all partial
 *   sums below 2^53
 */
export function aggregateColumn(values: usize, count: i32, out: usize): i32 {
  const first = load<f64>(values);
  let smallest = first;
  let largest = first;
  let sum: f64 = 0;
  let isExact = true;
  for (let i = 0; i < count; i++) {
    const value = load<f64>(values + 8 * i);
    // Neither NaN nor an infinity: what is left of it is 0.
    if (value - value !== 0) return 0;
    // Not min(): of two zeros the first stays.
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
    sum += value;
    isExact = isExact && trunc(value) === value && Math.abs(sum) < SUM_LIMIT;
  }
  store<f64>(out, first);
  store<f64>(out + 8, load<f64>(values + 8 * (count - 1)));
  store<f64>(out + 16, smallest);
  store<f64>(out + 24, largest);
  store<f64>(out + 32, sum);
  return isExact ? 2 : 1;
}
