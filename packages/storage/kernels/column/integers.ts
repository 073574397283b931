// A run of 64-bit integers: divided by what all differences have in common, predicted by the first
// or by the one before, and what is left coded by class or in a fixed width. Arithmetic wraps.

import {
  CLASSES,
  classOf,
  costOf,
  HISTOGRAM,
  openBits,
  readClasses,
  readWeights,
  smallestOf,
  writeClasses,
  writeWeights,
} from './classes';
import {
  at,
  breakOff,
  broken,
  end,
  moveTo,
  putByte,
  putSigned,
  putVarint,
  takeByte,
  takeSigned,
  takeVarint,
} from './cursor';

const IS_LEVEL: u32 = 1;
const IS_SIGNED: u32 = 2;
const IS_CLASSED: u32 = 4;
const HAS_DIVISOR: u32 = 8;
const WIDTH_MAX: u64 = 63;
/** Entries that an estimate looks at. */
const SAMPLE: i32 = 31;

/** Bits of the differences between neighbours together; what tells two runs apart cheaply. */
export function roughness(integers: usize, count: i32): u64 {
  let bits: u64 = 0;
  let before = load<i64>(integers);
  for (let i = 1; i < count; i++) {
    const entry = load<i64>(integers + 8 * i);
    const difference = entry - before;
    bits += 64 - clz(difference ^ (difference >> 63));
    before = entry;
  }
  return bits;
}

/** How many low bits are zero in all differences, for patterns that wrap. */
export function commonShift(integers: usize, count: i32): i64 {
  let any: i64 = 0;
  const first = load<i64>(integers);
  for (let i = 1; i < count; i++) any |= load<i64>(integers + 8 * i) - first;
  return any === 0 ? 0 : ctz(any);
}

/** The greatest common divisor of all differences, which are below 2^53; at least 1. */
export function commonDivisor(integers: usize, count: i32): i64 {
  let divisor: f64 = 0;
  let before = load<i64>(integers);
  for (let i = 1; i < count && divisor !== 1; i++) {
    const entry = load<i64>(integers + 8 * i);
    const difference = Math.abs(f64(entry - before));
    before = entry;
    if (difference === 0) continue;
    if (divisor !== 0) {
      // Exact: a quotient below 2^52 rounds to an integer only where it is one.
      const quotient = difference / divisor;
      if (trunc(quotient) === quotient) continue;
    }
    let a = i64(divisor);
    let b = i64(difference);
    while (b !== 0) {
      const rest = a % b;
      a = b;
      b = rest;
    }
    divisor = f64(a);
  }
  return divisor === 0 ? 1 : i64(divisor);
}

/** The median of some entries, evenly spread. */
function middleOf(entries: usize, count: i32, room: usize): i64 {
  const taken = min(count, SAMPLE);
  for (let k = 0; k < taken; k++) {
    const entry = load<i64>(entries + 8 * ((k * count) / taken));
    let place = k;
    while (place > 0 && load<i64>(room + 8 * (place - 1)) > entry) {
      store<i64>(room + 8 * place, load<i64>(room + 8 * (place - 1)));
      place--;
    }
    store<i64>(room + 8 * place, entry);
  }
  return load<i64>(room + 8 * (taken >> 1));
}

/** Bits of what is left above a middle, together. */
function bitsAround(entries: usize, count: i32, middle: i64): u64 {
  let bits: u64 = 0;
  for (let i = 0; i < count; i++) {
    const rest = load<i64>(entries + 8 * i) - middle;
    bits += 64 - clz(rest ^ (rest >> 63));
  }
  return bits;
}

function magnitudeOf(rest: i64, isSigned: bool): u64 {
  return isSigned && rest < 0 ? u64(-rest) : u64(rest);
}

/** Counts the classes of every `step`th entry about a base. */
function countClasses(
  entries: usize,
  count: i32,
  step: i32,
  base: i64,
  isSigned: bool,
  tables: usize,
): i32 {
  memory.fill(tables + HISTOGRAM, 0, 4 * CLASSES);
  let counted = 0;
  for (let i = 0; i < count; i += step) {
    const cls = classOf(magnitudeOf(load<i64>(entries + 8 * i) - base, isSigned));
    const place = tables + HISTOGRAM + 4 * cls;
    store<u32>(place, load<u32>(place) + 1);
    counted++;
  }
  return counted;
}

/** The base that a sample of the entries finds cheapest; whether rests are signed in `foundSigned`. */
function cheapestBase(entries: usize, count: i32, smallest: i64, middle: i64, tables: usize): i64 {
  const step = count < 256 ? 1 : 3;
  let counted = countClasses(entries, count, step, smallest, false, tables);
  let least = costOf(tables, counted, false);
  let base = smallest;
  foundSigned = false;
  const others = middle === 0 || (smallest >= 0 && smallest <= middle >> 4) ? 1 : 2;
  for (let k = 0; k < others; k++) {
    const other = k === 0 ? middle : i64(0);
    const isSigned = smallest < other;
    counted = countClasses(entries, count, step, other, isSigned, tables);
    const cost = costOf(tables, counted, isSigned);
    if (cost < least) {
      least = cost;
      base = other;
      foundSigned = isSigned;
    }
  }
  return base;
}

let foundSigned: bool = false;

/**
 * Appends integers[0, count).
 *
 * @param divisor of all differences; a power of two where `isShift`
 * @param room    18 * count + 512 bytes
 */
export function writeIntegers(
  integers: usize,
  count: i32,
  divisor: i64,
  isShift: bool,
  tables: usize,
  room: usize,
): void {
  putSigned(load<i64>(integers));
  if (count === 1) return;
  const entries = count - 1;
  const steps = room + 256;
  const levels = steps + 8 * entries;
  fillRests(integers, entries, divisor, isShift, steps, levels);
  const middleStep = middleOf(steps, entries, room);
  const middleLevel = middleOf(levels, entries, room);
  const isLevel = bitsAround(levels, entries, middleLevel) < bitsAround(steps, entries, middleStep);
  const rests = isLevel ? levels : steps;
  let smallest = load<i64>(rests);
  let largest = smallest;
  for (let i = 1; i < entries; i++) {
    const rest = load<i64>(rests + 8 * i);
    if (rest < smallest) smallest = rest;
    if (rest > largest) largest = rest;
  }
  const width: u64 = 64 - clz(largest - smallest);
  const head = (isLevel ? IS_LEVEL : 0) | (divisor === 1 ? 0 : HAS_DIVISOR);
  const base = cheapestBase(rests, entries, smallest, isLevel ? middleLevel : middleStep, tables);
  countClasses(rests, entries, 1, base, foundSigned, tables);
  const isClassed =
    width > WIDTH_MAX || costOf(tables, entries, foundSigned) < f64(u64(entries) * width);
  const signed = isClassed && foundSigned;
  putByte(head | (signed ? IS_SIGNED : 0) | (isClassed ? IS_CLASSED : 0));
  if (divisor !== 1) putVarint(u64(isShift ? ctz(divisor) : divisor));
  putSigned(isClassed ? base : smallest);
  if (isClassed) writeClassed(rests, entries, base, signed, tables, integers);
  else writeFixed(rests, entries, smallest, width);
}

/** Differences between neighbours, and from the first. */
function fillRests(
  integers: usize,
  entries: i32,
  divisor: i64,
  isShift: bool,
  steps: usize,
  levels: usize,
): void {
  const shift = isShift ? ctz(divisor) : 0;
  const inverted = !isShift && divisor !== 1;
  let before = load<i64>(integers);
  let level: i64 = 0;
  for (let i = 0; i < entries; i++) {
    const entry = load<i64>(integers + 8 * i + 8);
    let step = (entry - before) >> shift;
    if (inverted) step = i64(f64(step) / f64(divisor));
    level += step;
    store<i64>(steps + 8 * i, step);
    store<i64>(levels + 8 * i, level);
    before = entry;
  }
}

/** @param room 10 * entries + 16 bytes that may be written over */
function writeClassed(
  rests: usize,
  entries: i32,
  base: i64,
  isSigned: bool,
  tables: usize,
  room: usize,
): void {
  const before = at;
  writeWeights(tables);
  let mixed: u32 = 0;
  const first = classOf(magnitudeOf(load<i64>(rests) - base, isSigned));
  for (let i = 0; i < entries; i++) {
    const cls = classOf(magnitudeOf(load<i64>(rests + 8 * i) - base, isSigned));
    mixed |= cls ^ first;
    store<u8>(room + i, u8(cls));
  }
  // One class is known from its weights alone; these are its number and then 0.
  if (mixed !== 0) writeClasses(room, entries, tables, room + entries);
  else moveTo(before + 3);
  writeOpenBits(rests, entries, base, isSigned);
}

function writeOpenBits(rests: usize, entries: i32, base: i64, isSigned: bool): void {
  let to = at;
  let held: u64 = 0;
  let filled: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const rest = load<i64>(rests + 8 * i) - base;
    const magnitude = magnitudeOf(rest, isSigned);
    const cls = classOf(magnitude);
    let width: u64 = openBits(cls);
    let bits = magnitude & ((u64(1) << width) - 1);
    if (isSigned && cls !== 0) {
      bits = (bits << 1) | u64(rest < 0);
      width += 1;
    }
    held |= bits << filled;
    filled += width;
    if (filled >= 64) {
      store<u64>(to, held);
      to += 8;
      filled -= 64;
      held = filled === 0 ? 0 : bits >> (width - filled);
    }
  }
  store<u64>(to, held);
  moveTo(to + usize((filled + 7) >> 3));
}

function writeFixed(rests: usize, entries: i32, base: i64, width: u64): void {
  putByte(u32(width));
  if (width === 0) return;
  let to = at;
  let held: u64 = 0;
  let filled: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const bits = u64(load<i64>(rests + 8 * i) - base);
    held |= bits << filled;
    filled += width;
    if (filled >= 64) {
      store<u64>(to, held);
      to += 8;
      filled -= 64;
      held = filled === 0 ? 0 : bits >> (width - filled);
    }
  }
  store<u64>(to, held);
  moveTo(to + usize((filled + 7) >> 3));
}

/**
 * Reads integers[0, count).
 *
 * Bits beyond the end are read before they are found missing: 8 * count bytes after the end must be
 * memory.
 *
 * @param isShift the divisor is a power of two, given by its exponent
 */
export function readIntegers(
  integers: usize,
  count: i32,
  isShift: bool,
  tables: usize,
  classes: usize,
): void {
  const first = takeSigned();
  store<i64>(integers, first);
  if (count === 1) return;
  const entries = count - 1;
  const head = takeByte();
  let divisor: i64 = 1;
  if (head & HAS_DIVISOR) {
    divisor = takeVarint();
    if (isShift) {
      if (divisor > 63) breakOff();
      divisor = i64(1) << divisor;
    }
  }
  const base = takeSigned();
  const rests = integers + 8;
  if (broken) return;
  if (head & IS_CLASSED) readClassed(rests, entries, (head & IS_SIGNED) !== 0, tables, classes);
  else readFixed(rests, entries);
  if (broken) return;
  const step = base * divisor;
  if (head & IS_LEVEL) {
    const level = first + step;
    for (let i = 0; i < entries; i++) {
      store<i64>(rests + 8 * i, level + load<i64>(rests + 8 * i) * divisor);
    }
  } else if (divisor === 1) {
    let sum = first;
    for (let i = 0; i < entries; i++) {
      sum += step + load<i64>(rests + 8 * i);
      store<i64>(rests + 8 * i, sum);
    }
  } else {
    let sum = first;
    for (let i = 0; i < entries; i++) {
      sum += step + load<i64>(rests + 8 * i) * divisor;
      store<i64>(rests + 8 * i, sum);
    }
  }
}

function bitsAt(from: usize, bit: u64, width: u64): u64 {
  const place = from + usize(bit >> 3);
  const shift = bit & 7;
  const low = load<u64>(place) >> shift;
  // Wider than what is left of one word.
  const all = width + shift > 64 ? low | (u64(load<u8>(place + 8)) << (64 - shift)) : low;
  return all & ((u64(1) << width) - 1);
}

function readFixed(rests: usize, entries: i32): void {
  const width: u64 = takeByte();
  const size = (u64(entries) * width + 7) >> 3;
  if (broken || width > WIDTH_MAX || u64(end - at) < size) {
    breakOff();
    return;
  }
  const from = at;
  moveTo(at + usize(size));
  let bit: u64 = 0;
  for (let i = 0; i < entries; i++) {
    store<u64>(rests + 8 * i, bitsAt(from, bit, width));
    bit += width;
  }
}

function readClassed(
  rests: usize,
  entries: i32,
  isSigned: bool,
  tables: usize,
  classes: usize,
): void {
  if (at + 2 <= end && load<u8>(at + 1) === 0) {
    const only: i32 = load<u8>(at);
    moveTo(at + 3);
    if (only >= CLASSES || at > end) breakOff();
    memory.fill(classes, u8(only), entries);
  } else {
    readWeights(tables);
    if (!broken) readClasses(classes, entries, tables);
  }
  if (!broken) readOpenBits(rests, entries, isSigned, classes);
}

function readOpenBits(rests: usize, entries: i32, isSigned: bool, classes: usize): void {
  const from = at;
  let bit: u64 = 0;
  if (isSigned) {
    for (let i = 0; i < entries; i++) {
      const cls: u32 = load<u8>(classes + i);
      const width: u64 = openBits(cls) + u32(cls !== 0);
      const bits = bitsAt(from, bit, width);
      const magnitude = i64(smallestOf(cls) + (bits >> 1));
      const sign = -i64(bits & 1);
      store<i64>(rests + 8 * i, (magnitude ^ sign) - sign);
      bit += width;
    }
  } else {
    for (let i = 0; i < entries; i++) {
      const cls: u32 = load<u8>(classes + i);
      const width: u64 = openBits(cls);
      store<u64>(rests + 8 * i, smallestOf(cls) + bitsAt(from, bit, width));
      bit += width;
    }
  }
  moveTo(from + usize((bit + 7) >> 3));
  if (at > end) breakOff();
}
