// Classes of magnitudes: 0 and 1 are their own; above, two to each bit length, told apart by the bit
// below the highest. What a class leaves open stands beside it as plain bits.
//
// The classes are entropy-coded: range ANS (Duda, "Asymmetric numeral systems", 2013) with two states
// in turn, 10 bits of probability, words of 16 bits.

import { at, breakOff, broken, end, moveTo, putByte, takeByte } from './cursor';

export const CLASSES: i32 = 128;
const PROBABILITY_BITS: u32 = 10;
const TOTAL: u32 = 1 << PROBABILITY_BITS;
/** States are from here to 2^32. */
const STATE_MIN: u32 = 1 << 16;
const WEIGHT_MAX: i32 = 15;

/** Tables within the scratch space. */
export const HISTOGRAM: usize = 0; // u32 [128]
const FREQUENCIES: usize = 512; // u32 [128]
const STARTS: usize = 1024; // u32 [128]
const WEIGHTS: usize = 1536; // u8 [128]
const INVERSES: usize = 2048; // f64 [128]
const SLOTS: usize = 4096; // u32 [1024]
export const TABLE_BYTES: usize = 8192;

export function classOf(magnitude: u64): u32 {
  if (magnitude < 2) return u32(magnitude);
  const below = 62 - u32(clz(magnitude));
  return 2 * below + 2 + (u32(magnitude >> below) & 1);
}

/** Bits that a class leaves open. */
export function openBits(cls: u32): u32 {
  return cls < 4 ? 0 : (cls >>> 1) - 1;
}

/** The smallest magnitude of a class. */
export function smallestOf(cls: u32): u64 {
  return cls < 2 ? u64(cls) : u64(2 + (cls & 1)) << ((cls >>> 1) - 1);
}

/** What a weight stands for: 0, 1, 2, 3, 4, 6, 8, 12, ... 192. */
function weightOf(code: u32): u32 {
  return code < 2 ? code : (2 + (code & 1)) << ((code >>> 1) - 1);
}

/** log2 to within 0.01. */
function log2(n: f64): f64 {
  const bits = reinterpret<u64>(n);
  const m = reinterpret<f64>((bits & 0xf_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
  return f64(i64(bits >> 52) - 1023) + (-0.344845 * m + 2.024658) * m - 1.674873;
}

/** About how many bits `count` entries take that the histogram counts. */
export function costOf(tables: usize, count: i32, isSigned: bool): f64 {
  let bits: f64 = 0;
  let lowest: i32 = CLASSES;
  let highest: i32 = 0;
  for (let cls: i32 = 0; cls < CLASSES; cls++) {
    const found = load<u32>(tables + HISTOGRAM + 4 * cls);
    if (found === 0) continue;
    if (lowest === CLASSES) lowest = cls;
    highest = cls;
    const open = f64(openBits(cls)) + (isSigned && cls > 0 ? 1.0 : 0.0);
    bits += f64(found) * (open - log2(f64(found)));
  }
  return lowest === highest
    ? bits + f64(count) * log2(f64(count))
    : bits + f64(count) * log2(f64(count)) + f64(4 * (highest - lowest + 1) + 64);
}

/** Writes which classes there are and how frequent; the histogram is theirs. */
export function writeWeights(tables: usize): void {
  let lowest: i32 = -1;
  let highest: i32 = 0;
  let most: u32 = 0;
  for (let cls: i32 = 0; cls < CLASSES; cls++) {
    const found = load<u32>(tables + HISTOGRAM + 4 * cls);
    if (found === 0) continue;
    if (lowest < 0) lowest = cls;
    highest = cls;
    if (found > most) most = found;
  }
  const classes = highest - lowest + 1;
  putByte(lowest);
  putByte(classes - 1);
  for (let i = 0; i < classes; i++) {
    const found = load<u32>(tables + HISTOGRAM + 4 * (lowest + i));
    store<u8>(
      tables + WEIGHTS + i,
      u8(found === 0 ? 0 : weightCode((192.0 * f64(found)) / f64(most))),
    );
  }
  store<u8>(tables + WEIGHTS + classes, 0);
  for (let i = 0; i < classes; i += 2) {
    putByte(load<u8>(tables + WEIGHTS + i) | (load<u8>(tables + WEIGHTS + i + 1) << 4));
  }
  spread(tables, lowest, classes);
}

function weightCode(share: f64): u32 {
  let code: u32 = WEIGHT_MAX;
  while (code > 1 && f64(weightOf(code)) * 0.82 > share) code--;
  return code;
}

/** Reads what writeWeights wrote. */
export function readWeights(tables: usize): void {
  const lowest: i32 = takeByte();
  const classes: i32 = takeByte() + 1;
  if (broken || lowest + classes > CLASSES) {
    breakOff();
    return;
  }
  for (let i = 0; i < classes; i += 2) {
    const pair = takeByte();
    store<u8>(tables + WEIGHTS + i, u8(pair & 15));
    store<u8>(tables + WEIGHTS + i + 1, u8(pair >>> 4));
  }
  if (!broken && spread(tables, lowest, classes)) fillSlots(tables, lowest, classes);
  else breakOff();
}

/** Shares out the probability by weight; what rounding leaves goes to the heaviest class. */
function spread(tables: usize, lowest: i32, classes: i32): bool {
  let sum: u32 = 0;
  let heaviest: i32 = 0;
  for (let i = 0; i < classes; i++) {
    const code = load<u8>(tables + WEIGHTS + i);
    if (code > load<u8>(tables + WEIGHTS + heaviest)) heaviest = i;
    sum += weightOf(code);
  }
  if (sum === 0) return false;
  let left: i32 = TOTAL;
  for (let i = 0; i < classes; i++) {
    const weight = weightOf(load<u8>(tables + WEIGHTS + i));
    let frequency = (weight * TOTAL) / sum;
    if (weight > 0 && frequency === 0) frequency = 1;
    store<u32>(tables + FREQUENCIES + 4 * (lowest + i), frequency);
    left -= frequency;
  }
  const top = tables + FREQUENCIES + 4 * (lowest + heaviest);
  const adjusted = i32(load<u32>(top)) + left;
  if (adjusted < 1) return false;
  store<u32>(top, adjusted);
  let start: u32 = 0;
  for (let i = lowest; i < lowest + classes; i++) {
    const frequency = load<u32>(tables + FREQUENCIES + 4 * i);
    store<u32>(tables + STARTS + 4 * i, start);
    // A hair above 1/f, so that a product cut to an integer is the quotient of any state.
    store<f64>(tables + INVERSES + 8 * i, frequency === 0 ? 0.0 : 1.0000000000001 / f64(frequency));
    start += frequency;
  }
  return true;
}

/** By the low bits of a state: class, frequency, distance from the class's start. */
function fillSlots(tables: usize, lowest: i32, classes: i32): void {
  let slot = tables + SLOTS;
  for (let cls = lowest; cls < lowest + classes; cls++) {
    const frequency = load<u32>(tables + FREQUENCIES + 4 * cls);
    const entry = u32(cls) | (frequency << 7);
    for (let i: u32 = 0; i < frequency; i++) {
      store<u32>(slot, entry | (i << 18));
      slot += 4;
    }
  }
}

function pushClass(tables: usize, state: u32, cls: u32): u32 {
  const frequency = load<u32>(tables + FREQUENCIES + 4 * cls);
  if (state >= frequency << 22) {
    words -= 2;
    store<u16>(words, u16(state));
    state >>>= 16;
  }
  const quotient = u32(f64(state) * load<f64>(tables + INVERSES + 8 * cls));
  return (
    (quotient << PROBABILITY_BITS) +
    (state - quotient * frequency) +
    load<u32>(tables + STARTS + 4 * cls)
  );
}

/** Where the next word of classes goes; they are written from the last to the first. */
let words: usize = 0;

/**
 * Appends classes[0, count), at least two kinds of them.
 *
 * @param room 2 * count + 16 bytes
 */
export function writeClasses(classes: usize, count: i32, tables: usize, room: usize): void {
  const top = room + 2 * count + 16;
  words = top;
  let even = STATE_MIN;
  let odd = STATE_MIN;
  let i = count - 1;
  if ((i & 1) === 0) {
    even = pushClass(tables, even, load<u8>(classes + i));
    i--;
  }
  for (; i > 0; i -= 2) {
    odd = pushClass(tables, odd, load<u8>(classes + i));
    even = pushClass(tables, even, load<u8>(classes + i - 1));
  }
  store<u32>(at, even);
  store<u32>(at + 4, odd);
  moveTo(at + 8);
  memory.copy(at, words, top - words);
  moveTo(at + (top - words));
}

/** Reads classes[0, count). */
export function readClasses(classes: usize, count: i32, tables: usize): void {
  const slots = tables + SLOTS;
  let word = at + 8;
  if (word > end) {
    breakOff();
    return;
  }
  let even = load<u32>(at);
  let odd = load<u32>(at + 4);
  const last = end;
  const pairs = classes + (count & ~1);
  let to = classes;
  for (; to < pairs; to += 2) {
    const a = load<u32>(slots + ((even & (TOTAL - 1)) << 2));
    const b = load<u32>(slots + ((odd & (TOTAL - 1)) << 2));
    store<u16>(to, u16((a & 127) | ((b & 127) << 8)));
    even = ((a >>> 7) & 2047) * (even >>> PROBABILITY_BITS) + (a >>> 18);
    odd = ((b >>> 7) & 2047) * (odd >>> PROBABILITY_BITS) + (b >>> 18);
    const needsEven = even < STATE_MIN;
    even = select<u32>((even << 16) | load<u16>(word), even, needsEven);
    word += usize(needsEven) << 1;
    const needsOdd = odd < STATE_MIN;
    odd = select<u32>((odd << 16) | load<u16>(word), odd, needsOdd);
    word += usize(needsOdd) << 1;
    if (word > last) break;
  }
  if (count & 1 && to === pairs) {
    const a = load<u32>(slots + ((even & (TOTAL - 1)) << 2));
    store<u8>(to, u8(a & 127));
    even = ((a >>> 7) & 2047) * (even >>> PROBABILITY_BITS) + (a >>> 18);
    if (even < STATE_MIN) {
      even = (even << 16) | load<u16>(word);
      word += 2;
    }
  }
  if (word > last || even !== STATE_MIN || odd !== STATE_MIN) breakOff();
  moveTo(word);
}
