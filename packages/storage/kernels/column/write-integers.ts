// Writing a run of 64-bit integers: divided by what all differences have in common, predicted by the
// first or by the one before, and what is left coded by class or in a fixed width. Arithmetic wraps.
// Read by read-integers.ts; the form: docs/formats/columns.md.

import {
  CLASSES,
  classOf,
  costOf,
  HISTOGRAM,
  openBits,
  writeClasses,
  writeWeights,
} from './classes';
import { at, moveTo, putByte, putSigned, putVarint } from './cursor';
import { HAS_DIVISOR, IS_CLASSED, IS_LEVEL, IS_SIGNED, WIDTH_MAX } from './integer-form';

/** Entries that an estimate looks at. */
const SAMPLE: i32 = 31;
const SAMPLE_CLASSES: i32 = 120;

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

/** What is left of the entries, and what was found about them on the way. */
let divisorShift: i64 = 0;
let divisorFactor: f64 = 1;
let foundSigned: bool = false;
let highestClass: u32 = 0;

function stepAt(integers: usize, i: i32): i64 {
  const step = (load<i64>(integers + 8 * i + 8) - load<i64>(integers + 8 * i)) >> divisorShift;
  return divisorFactor === 1 ? step : i64(f64(step) / divisorFactor);
}

function levelAt(integers: usize, i: i32): i64 {
  const level = (load<i64>(integers + 8 * i + 8) - load<i64>(integers)) >> divisorShift;
  return divisorFactor === 1 ? level : i64(f64(level) / divisorFactor);
}

/** The median of some steps or levels, evenly spread. */
function middleOf(integers: usize, entries: i32, isLevel: bool, room: usize): i64 {
  const taken = min(entries, SAMPLE);
  for (let k = 0; k < taken; k++) {
    const i = (k * entries) / taken;
    const entry = isLevel ? levelAt(integers, i) : stepAt(integers, i);
    let place = k;
    while (place > 0 && load<i64>(room + 8 * (place - 1)) > entry) {
      store<i64>(room + 8 * place, load<i64>(room + 8 * (place - 1)));
      place--;
    }
    store<i64>(room + 8 * place, entry);
  }
  return load<i64>(room + 8 * (taken >> 1));
}

function bitsOf(rest: i64): u64 {
  return 64 - clz(rest ^ (rest >> 63));
}

function magnitudeOf(rest: i64, isSigned: bool): u64 {
  return isSigned && rest < 0 ? u64(-rest) : u64(rest);
}

/** Counts the classes of every `step`th rest above a base. */
function countSome(rests: usize, count: i32, base: i64, isSigned: bool, tables: usize): f64 {
  memory.fill(tables + HISTOGRAM, 0, 4 * CLASSES);
  const step = max(1, count / SAMPLE_CLASSES);
  let counted = 0;
  let highest: u32 = 0;
  for (let i = 0; i < count; i += step) {
    const cls = classOf(magnitudeOf(load<i64>(rests + 8 * i) - base, isSigned));
    const place = tables + HISTOGRAM + 4 * cls;
    store<u32>(place, load<u32>(place) + 1);
    highest = max(highest, cls);
    counted++;
  }
  return costOf(tables, counted, highest, isSigned);
}

/** Counts the classes of all rests and writes each down. */
function countAll(
  rests: usize,
  count: i32,
  base: i64,
  isSigned: bool,
  tables: usize,
  classes: usize,
): void {
  memory.fill(tables + HISTOGRAM, 0, 4 * CLASSES);
  let highest: u32 = 0;
  for (let i = 0; i < count; i++) {
    const cls = classOf(magnitudeOf(load<i64>(rests + 8 * i) - base, isSigned));
    const place = tables + HISTOGRAM + 4 * cls;
    store<u32>(place, load<u32>(place) + 1);
    store<u8>(classes + i, u8(cls));
    highest = max(highest, cls);
  }
  highestClass = highest;
}

/** The base that some of the rests find cheapest; whether what is above it has signs. */
function cheapestBase(rests: usize, count: i32, smallest: i64, middle: i64, tables: usize): i64 {
  let least = countSome(rests, count, smallest, false, tables);
  let base = smallest;
  foundSigned = false;
  for (let k = 0; k < 2; k++) {
    const other = k === 0 ? middle : i64(0);
    if (other === smallest || (k > 0 && other === middle)) continue;
    const isSigned = smallest < other;
    const cost = countSome(rests, count, other, isSigned, tables);
    if (cost < least) {
      least = cost;
      base = other;
      foundSigned = isSigned;
    }
  }
  return base;
}

/**
 * Appends integers[0, count).
 *
 * @param divisor of all differences; a power of two where `isShift`
 * @param room    12 * count + 512 bytes
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
  divisorShift = isShift ? ctz(divisor) : 0;
  divisorFactor = isShift ? 1 : f64(divisor);
  const rests = room + 256;
  const middleStep = middleOf(integers, entries, false, room);
  const middleLevel = middleOf(integers, entries, true, room);
  const isLevel = fillRests(integers, entries, rests, middleStep, middleLevel);
  let smallest = load<i64>(rests);
  let largest = smallest;
  for (let i = 1; i < entries; i++) {
    const rest = load<i64>(rests + 8 * i);
    smallest = min(smallest, rest);
    largest = max(largest, rest);
  }
  const width: u64 = 64 - clz(largest - smallest);
  const base = cheapestBase(rests, entries, smallest, isLevel ? middleLevel : middleStep, tables);
  const signed = foundSigned;
  // The integers are no longer needed.
  const classes = integers;
  countAll(rests, entries, base, signed, tables, classes);
  const isClassed =
    width > WIDTH_MAX || costOf(tables, entries, highestClass, signed) < f64(u64(entries) * width);
  const head = (isLevel ? IS_LEVEL : 0) | (divisor === 1 ? 0 : HAS_DIVISOR);
  putByte(head | (isClassed ? IS_CLASSED | (signed ? IS_SIGNED : 0) : 0));
  if (divisor !== 1) putVarint(u64(isShift ? ctz(divisor) : divisor));
  putSigned(isClassed ? base : smallest);
  if (isClassed) writeClassed(rests, entries, base, signed, tables, classes);
  else writeFixed(rests, entries, smallest, width);
}

/** Steps from one to the next or, where that is less, levels above the first; says if these. */
function fillRests(
  integers: usize,
  entries: i32,
  rests: usize,
  middleStep: i64,
  middleLevel: i64,
): bool {
  const shift = divisorShift;
  const factor = divisorFactor;
  let before = load<i64>(integers);
  let level: i64 = 0;
  let stepBits: u64 = 0;
  let levelBits: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const entry = load<i64>(integers + 8 * i + 8);
    let step = (entry - before) >> shift;
    if (factor !== 1) step = i64(f64(step) / factor);
    level += step;
    stepBits += bitsOf(step - middleStep);
    levelBits += bitsOf(level - middleLevel);
    store<i64>(rests + 8 * i, step);
    before = entry;
  }
  if (stepBits <= levelBits) return false;
  level = 0;
  for (let i = 0; i < entries; i++) {
    level += load<i64>(rests + 8 * i);
    store<i64>(rests + 8 * i, level);
  }
  return true;
}

/** @param classes of the rests; 4 * entries + 24 bytes from there on may be written over */
function writeClassed(
  rests: usize,
  entries: i32,
  base: i64,
  isSigned: bool,
  tables: usize,
  classes: usize,
): void {
  const before = at;
  const kinds = writeWeights(tables);
  // The bits go behind all else, but for the last 64, which go with the states.
  if (kinds === 1) {
    // One class is known from its number alone.
    moveTo(before + 2);
    moveTo(packOpenBits(rests, entries, base, isSigned, classes, at));
    return;
  }
  const packed = before + 512 + 2 * entries;
  store<u64>(packed, 0);
  const size = packOpenBits(rests, entries, base, isSigned, classes, packed) - packed;
  const stored = size > 8 ? size - 8 : 0;
  writeClasses(classes, entries, load<u64>(packed + stored), tables, classes + entries);
  memory.copy(at, packed, stored);
  moveTo(at + stored);
}

/** @returns where the bits end */
function packOpenBits(
  rests: usize,
  entries: i32,
  base: i64,
  isSigned: bool,
  classes: usize,
  to: usize,
): usize {
  let held: u64 = 0;
  let filled: u64 = 0;
  for (let i = 0; i < entries; i++) {
    const rest = load<i64>(rests + 8 * i) - base;
    const cls: u32 = load<u8>(classes + i);
    let width: u64 = openBits(cls);
    let bits = magnitudeOf(rest, isSigned) & ((u64(1) << width) - 1);
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
  return to + usize((filled + 7) >> 3);
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
