// Classes of magnitudes: 0 and 1 are their own; above, two to each bit length, told apart by the bit
// below the highest. What a class leaves open stands beside it as plain bits.
//
// The classes are entropy-coded: range ANS (Duda, "Asymmetric numeral systems", 2013) with four states
// in turn, 10 bits of probability, words of 16 bits.

import {
  at,
  breakOff,
  broken,
  end,
  moveTo,
  putByte,
  putVarint,
  takeByte,
  takeVarint,
} from './cursor';

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
const INVERSES: usize = 2048; // u64 [128]
/** By class: the bits it leaves open, with its sign; the smallest magnitude. */
export const WIDTHS: usize = 1792; // u8 [128]
export const SMALLEST: usize = 3072; // u64 [128]
const SLOTS: usize = 4096; // u32 [1024]
/** With 16 bytes behind the slots. */
export const TABLE_BYTES: usize = 8208;

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

/** About how many bits `count` entries take that the histogram counts, with classes up to `highest`. */
export function costOf(tables: usize, count: i32, highest: u32, isSigned: bool): f64 {
  let bits: f64 = 0;
  let lowest: i32 = -1;
  for (let cls = 0; cls <= i32(highest); cls++) {
    const found = load<u32>(tables + HISTOGRAM + 4 * cls);
    if (found === 0) continue;
    if (lowest < 0) lowest = cls;
    const open = f64(openBits(cls)) + (isSigned && cls > 0 ? 1.0 : 0.0);
    bits += f64(found) * (open - log2(f64(found)));
  }
  bits += f64(count) * log2(f64(count));
  return lowest === i32(highest) ? bits : bits + f64(4 * (i32(highest) - lowest + 1) + 64);
}

/** Writes which classes there are and how frequent, and returns over how many these spread. */
export function writeWeights(tables: usize): i32 {
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
  return classes;
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
    // 2^42 / f rounded up: its product with a state below f 2^22, cut by 42 bits, is the quotient.
    const inverse = frequency === 0 ? 0 : ((u64(1) << 42) + frequency - 1) / frequency;
    store<u64>(tables + INVERSES + 8 * i, inverse);
    start += frequency;
  }
  return true;
}

/** By the low bits of a state: class, frequency, distance from the class's start. */
function fillSlots(tables: usize, lowest: i32, classes: i32): void {
  let slot = tables + SLOTS;
  for (let cls = lowest; cls < lowest + classes; cls++) {
    const frequency = load<u32>(tables + FREQUENCIES + 4 * cls);
    if (frequency === 0) continue;
    // Two at a time; one too many is the next class's first, or lies behind the table.
    const entry: u64 = u32(cls) | (frequency << 7);
    let pair = entry | (entry << 32) | (u64(1) << 50);
    const next = slot + 4 * frequency;
    for (; slot < next; slot += 8) {
      store<u64>(slot, pair);
      pair += (u64(2) << 18) | (u64(2) << 50);
    }
    slot = next;
  }
}

/** Where the next word of classes goes; they are written from the last to the first. */
let words: usize = 0;

/** A state, low enough, with one more class. */
function pushed(state: u32, cls: u32, tables: usize): u32 {
  const quotient = u32((u64(state) * load<u64>(tables + INVERSES + 8 * cls)) >> 42);
  const rest = TOTAL - load<u32>(tables + FREQUENCIES + 4 * cls);
  return state + quotient * rest + load<u32>(tables + STARTS + 4 * cls);
}

/** The same for the last few classes; writes a word where one is due. */
function pushLast(state: u32, cls: u32, tables: usize): u32 {
  if (state < load<u32>(tables + FREQUENCIES + 4 * cls) << 22) return pushed(state, cls, tables);
  words -= 2;
  store<u16>(words, u16(state));
  return pushed(state >>> 16, cls, tables);
}

/**
 * Appends classes[0, count), at least two kinds of them.
 *
 * @param tail 64 bits that the states take along
 * @param room 2 * count + 18 bytes
 */
export function writeClasses(
  classes: usize,
  count: i32,
  tail: u64,
  tables: usize,
  room: usize,
): void {
  const top = room + 2 * count + 18;
  words = top;
  let a = STATE_MIN | u32(tail & 0xffff);
  let b = STATE_MIN | u32((tail >> 16) & 0xffff);
  let c = STATE_MIN | u32((tail >> 32) & 0xffff);
  let d = STATE_MIN | u32(tail >> 48);
  const fours = classes + (count & ~3);
  if ((count & 3) > 2) c = pushLast(c, load<u8>(fours + 2), tables);
  if ((count & 3) > 1) b = pushLast(b, load<u8>(fours + 1), tables);
  if ((count & 3) > 0) a = pushLast(a, load<u8>(fours), tables);
  let word = words;
  for (let from = fours - 4; from >= classes; from -= 4) {
    // Without branches: which state is due is as good as random.
    const dClass: u32 = load<u8>(from + 3);
    const dDue = d >= load<u32>(tables + FREQUENCIES + 4 * dClass) << 22;
    store<u16>(word - 2, u16(d));
    word -= usize(dDue) << 1;
    d = pushed(d >>> (u32(dDue) << 4), dClass, tables);
    const cClass: u32 = load<u8>(from + 2);
    const cDue = c >= load<u32>(tables + FREQUENCIES + 4 * cClass) << 22;
    store<u16>(word - 2, u16(c));
    word -= usize(cDue) << 1;
    c = pushed(c >>> (u32(cDue) << 4), cClass, tables);
    const bClass: u32 = load<u8>(from + 1);
    const bDue = b >= load<u32>(tables + FREQUENCIES + 4 * bClass) << 22;
    store<u16>(word - 2, u16(b));
    word -= usize(bDue) << 1;
    b = pushed(b >>> (u32(bDue) << 4), bClass, tables);
    const aClass: u32 = load<u8>(from + 0);
    const aDue = a >= load<u32>(tables + FREQUENCIES + 4 * aClass) << 22;
    store<u16>(word - 2, u16(a));
    word -= usize(aDue) << 1;
    a = pushed(a >>> (u32(aDue) << 4), aClass, tables);
  }
  words = word;
  putVarint((top - words) >> 1);
  store<u32>(at, a);
  store<u32>(at + 4, b);
  store<u32>(at + 8, c);
  store<u32>(at + 12, d);
  moveTo(at + 16);
  memory.copy(at, words, top - words);
  moveTo(at + (top - words));
}

function popState(state: u32, entry: u32): u32 {
  return ((entry >>> 7) & 2047) * (state >>> PROBABILITY_BITS) + (entry >>> 18);
}

/** The same for what the last few classes are read from; takes a word where one is due. */
function popLast(classes: usize, slots: usize, state: u32): u32 {
  const entry = load<u32>(slots + ((state & (TOTAL - 1)) << 2));
  store<u8>(classes, u8(entry & 127));
  const next = popState(state, entry);
  if (next >= STATE_MIN) return next;
  words += 2;
  return (next << 16) | load<u16>(words - 2);
}

/** The 64 bits that the states of a whole column ended with. */
export let tail: u64 = 0;

/** Reads classes[0, count), of which there may be more, and moves behind all. */
export function readClasses(classes: usize, count: i32, isWhole: bool, tables: usize): void {
  const slots = tables + SLOTS;
  const size = takeVarint();
  let word = at + 16;
  if (broken || word > end || size > u64(end - word) >> 1) {
    breakOff();
    return;
  }
  const last = word + 2 * usize(size);
  let a = load<u32>(at);
  let b = load<u32>(at + 4);
  let c = load<u32>(at + 8);
  let d = load<u32>(at + 12);
  const fours = classes + (count & ~3);
  let to = classes;
  for (; to < fours && word <= last; to += 4) {
    const i = load<u32>(slots + ((a & (TOTAL - 1)) << 2));
    const j = load<u32>(slots + ((b & (TOTAL - 1)) << 2));
    const k = load<u32>(slots + ((c & (TOTAL - 1)) << 2));
    const l = load<u32>(slots + ((d & (TOTAL - 1)) << 2));
    store<u32>(to, (i & 127) | ((j & 127) << 8) | ((k & 127) << 16) | ((l & 127) << 24));
    a = popState(a, i);
    b = popState(b, j);
    c = popState(c, k);
    d = popState(d, l);
    // Without branches: which state is due is as good as random.
    const aDue = a < STATE_MIN;
    a = select<u32>((a << 16) | load<u16>(word), a, aDue);
    word += usize(aDue) << 1;
    const bDue = b < STATE_MIN;
    b = select<u32>((b << 16) | load<u16>(word), b, bDue);
    word += usize(bDue) << 1;
    const cDue = c < STATE_MIN;
    c = select<u32>((c << 16) | load<u16>(word), c, cDue);
    word += usize(cDue) << 1;
    const dDue = d < STATE_MIN;
    d = select<u32>((d << 16) | load<u16>(word), d, dDue);
    word += usize(dDue) << 1;
  }
  words = word;
  if (to === fours) {
    if (count & 3) a = popLast(to, slots, a);
    if ((count & 3) > 1) b = popLast(to + 1, slots, b);
    if ((count & 3) > 2) c = popLast(to + 2, slots, c);
  }
  moveTo(last);
  if (words > last) breakOff();
  if (!isWhole) return;
  const isLow = (a | b | c | d) >>> 17 === 0;
  if (words !== last || !isLow || (a & b & c & d) < STATE_MIN) breakOff();
  tail = u64(a & 0xffff) | (u64(b & 0xffff) << 16) | (u64(c & 0xffff) << 32) | (u64(d) << 48);
}

/** Fills in what each class leaves open. */
export function fillWidths(tables: usize, isSigned: bool): void {
  for (let cls: u32 = 0; cls < u32(CLASSES); cls++) {
    store<u8>(tables + WIDTHS + cls, u8(openBits(cls) + u32(isSigned && cls > 0)));
    store<u64>(tables + SMALLEST + 8 * cls, smallestOf(cls));
  }
}
