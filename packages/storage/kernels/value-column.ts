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
import {
  commonDivisor,
  commonShift,
  readIntegers,
  roughness,
  writeIntegers,
} from './column/integers';

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
 * @param out       12 * count + 512 bytes
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
  const exponent = exponentOf(values, count);
  const found = exponent < 0 ? -1 : scaleUp(values, count, exponent, integers, misfits);
  if (found < 0) {
    putByte(PATTERN);
    for (let i = 0; i < count; i++)
      store<i64>(integers + 8 * i, patternOf(load<i64>(values + 8 * i)));
    const shift = commonShift(integers, count);
    writeIntegers(integers, count, i64(1) << shift, true, tables, room);
    return i32(at - out);
  }
  const isDifference =
    reference !== 0 &&
    subtract(integers, count, reference, exponent, misfits, found, others) &&
    roughness(others, count) < roughness(integers, count);
  const chosen = isDifference ? others : integers;
  putByte(DECIMAL);
  putByte(exponent | (isDifference ? IS_DIFFERENCE : 0) | (found > 0 ? HAS_MISFITS : 0));
  if (found > 0) writeMisfits(values, misfits, found);
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

/** The smallest exponent that suits all values but few, or -1. */
function exponentOf(values: usize, count: i32): i32 {
  let exponent = 0;
  let power: f64 = 1;
  let misfits = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f64>(values + 8 * i);
    if (isDecimal(value, power)) continue;
    let wanted = exponent;
    let tried = power;
    let fits = false;
    while (!fits && wanted < EXPONENT_MAX && Math.abs(value * tried) < INTEGER_LIMIT) {
      wanted++;
      tried *= 10;
      fits = isDecimal(value, tried);
    }
    if (fits) {
      exponent = wanted;
      power = tried;
    } else if (++misfits > MISFITS_FREE + (i >> 3)) {
      return -1;
    }
  }
  return exponent;
}

/** Values as integers; indexes of those that are none in `misfits`. Their number, or -1: too many. */
function scaleUp(values: usize, count: i32, exponent: i32, integers: usize, misfits: usize): i32 {
  const power = powerOfTen(exponent);
  const most = MISFITS_FREE + (count >> 3);
  let found = 0;
  let before: i64 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f64>(values + 8 * i);
    if (isDecimal(value, power)) {
      const isFirst = found === i;
      before = i64(nearest(value * power));
      if (isFirst) for (let k = 0; k < i; k++) store<i64>(integers + 8 * k, before);
    } else {
      if (found === most) return -1;
      store<u32>(misfits + 4 * found, i);
      found++;
    }
    store<i64>(integers + 8 * i, before);
  }
  return found < count ? found : -1;
}

/** What the integers are above those of the reference, which a reader has as values. */
function subtract(
  integers: usize,
  count: i32,
  reference: usize,
  exponent: i32,
  misfits: usize,
  found: i32,
  others: usize,
): bool {
  const power = powerOfTen(exponent);
  for (let i = 0; i < count; i++) {
    const other = referenceInteger(load<f64>(reference + 8 * i), power);
    store<i64>(others + 8 * i, load<i64>(integers + 8 * i) - other);
  }
  for (let k = 0; k < found; k++) {
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
 * Reads values[0, count) out of bytes[from, to) and returns how many these were, or 0: no column.
 *
 * 8 * count + 16 bytes after the end must be memory.
 *
 * @param reference values of the column before, as many, or 0 where there is none
 * @param scratch   count + 8192 bytes
 */
export function decodeColumn(
  from: usize,
  to: usize,
  count: i32,
  reference: usize,
  values: usize,
  scratch: usize,
): i32 {
  startAt(from, to);
  const type = takeByte();
  if (type === CONSTANT) {
    const bits = takeWord();
    for (let i = 0; i < count; i++) store<u64>(values + 8 * i, bits);
  } else if (type === DECIMAL) {
    readDecimals(count, reference, values, scratch);
  } else if (type === PATTERN) {
    readIntegers(values, count, true, scratch, scratch + TABLE_BYTES);
    for (let i = 0; i < count; i++) {
      store<i64>(values + 8 * i, patternOf(load<i64>(values + 8 * i)));
    }
  } else {
    breakOff();
  }
  return broken ? 0 : i32(at - from);
}

function readDecimals(count: i32, reference: usize, values: usize, scratch: usize): void {
  const head = takeByte();
  const exponent = i32(head & EXPONENT_BITS);
  const isDifference = (head & IS_DIFFERENCE) !== 0;
  const misfitsAt = at;
  if (head & HAS_MISFITS) passMisfits(count);
  if (exponent > EXPONENT_MAX || (isDifference && reference === 0)) breakOff();
  if (broken) return;
  readIntegers(values, count, false, scratch, scratch + TABLE_BYTES);
  if (broken) return;
  const power = powerOfTen(exponent);
  if (isDifference) {
    for (let i = 0; i < count; i++) {
      const other = referenceInteger(load<f64>(reference + 8 * i), power);
      store<f64>(values + 8 * i, f64(load<i64>(values + 8 * i) + other) / power);
    }
  } else if (exponent === 0) {
    for (let i = 0; i < count; i++) store<f64>(values + 8 * i, f64(load<i64>(values + 8 * i)));
  } else {
    for (let i = 0; i < count; i++) {
      store<f64>(values + 8 * i, f64(load<i64>(values + 8 * i)) / power);
    }
  }
  if ((head & HAS_MISFITS) === 0) return;
  const last = at;
  moveTo(misfitsAt);
  readMisfits(count, values);
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

function readMisfits(count: i32, values: usize): void {
  let next: u64 = 0;
  for (let left = takeVarint(); left > 0; left--) {
    const gap = takeVarint();
    const i = next + gap;
    const bits = takeWord();
    if (gap >= u64(count) || i >= u64(count)) {
      breakOff();
      return;
    }
    store<u64>(values + 8 * usize(i), bits);
    next = i + 1;
  }
}
