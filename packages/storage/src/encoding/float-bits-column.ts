/**
 * Values of full precision by their bit patterns, read as integers that order as the values do: in
 * blocks, each pattern or its difference from the one before, less the smallest, in as few bits as
 * the largest needs. Takes every double as it is; 64 bits a value at worst.
 *
 * A pattern is a pair of 32-bit halves and wraps at 2^64. Format: docs/formats/columns.md.
 */
import { bitsOf } from '../model/sample.ts';
import { packBits, unpackBits } from './bit-packing.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MalformedBytes } from './malformed-bytes.ts';

const BLOCK = 120;
const IS_DIFFERENCE = 0x80;
const PLANE_WIDTH = 16;

const patternLow = new Uint32Array(BLOCK + 1);
const patternHigh = new Uint32Array(BLOCK + 1);
const restLow = new Uint32Array(BLOCK);
const restHigh = new Uint32Array(BLOCK);
const plane = new Uint32Array(BLOCK);

interface Frame {
  baseLow: number;
  baseHigh: number;
  width: number;
}

export function encodeFloatBits(values: Float64Array, out: ByteWriter): void {
  const bits = bitsOf(values);
  patternLow[0] = 0;
  patternHigh[0] = 0;
  for (let from = 0; from < values.length; from += BLOCK) {
    const count = Math.min(BLOCK, values.length - from);
    for (let i = 0; i < count; i++) {
      const high = bits[2 * (from + i) + 1] as number;
      const low = bits[2 * (from + i)] as number;
      // Negative values order backwards: turn all their bits; lift the others above them.
      patternLow[i + 1] = high >>> 31 ? ~low : low;
      patternHigh[i + 1] = high >>> 31 ? ~high : high ^ 0x8000_0000;
    }
    encodeBlock(count, out);
    patternLow[0] = patternLow[count] as number;
    patternHigh[0] = patternHigh[count] as number;
  }
}

function encodeBlock(count: number, out: ByteWriter): void {
  const level = frameOf(count, false);
  const difference = frameOf(count, true);
  const isDifference = difference.width < level.width;
  const frame = isDifference ? difference : level;
  fillRests(count, isDifference);
  for (let i = 0; i < count; i++) subtractBase(i, frame);
  out.u8(frame.width | (isDifference ? IS_DIFFERENCE : 0));
  out.u32(frame.baseLow);
  out.u32(frame.baseHigh);
  for (let shift = 0; shift < frame.width; shift += PLANE_WIDTH) {
    const half = shift < 32 ? restLow : restHigh;
    for (let i = 0; i < count; i++) plane[i] = ((half[i] as number) >>> (shift & 31)) & 0xffff;
    packBits(plane, { count, width: Math.min(PLANE_WIDTH, frame.width - shift) }, out);
  }
}

function fillRests(count: number, isDifference: boolean): void {
  for (let i = 0; i < count; i++) {
    const low = patternLow[i + 1] as number;
    const high = patternHigh[i + 1] as number;
    const before = isDifference ? (patternLow[i] as number) : 0;
    restLow[i] = low - before;
    restHigh[i] = isDifference ? high - (patternHigh[i] as number) - (low < before ? 1 : 0) : high;
  }
}

/** The smallest rest and the width of the largest above it; differences are signed. */
function frameOf(count: number, isDifference: boolean): Frame {
  fillRests(count, isDifference);
  const flip = isDifference ? 0x8000_0000 : 0;
  let minAt = 0;
  let maxAt = 0;
  for (let i = 1; i < count; i++) {
    if (isBelow(i, minAt, flip)) minAt = i;
    else if (isBelow(maxAt, i, flip)) maxAt = i;
  }
  const baseLow = restLow[minAt] as number;
  const baseHigh = restHigh[minAt] as number;
  const borrow = (restLow[maxAt] as number) < baseLow ? 1 : 0;
  const rangeHigh = ((restHigh[maxAt] as number) - baseHigh - borrow) >>> 0;
  const rangeLow = ((restLow[maxAt] as number) - baseLow) >>> 0;
  const width = rangeHigh === 0 ? 32 - Math.clz32(rangeLow) : 64 - Math.clz32(rangeHigh);
  return { baseLow, baseHigh, width };
}

function isBelow(i: number, j: number, flip: number): boolean {
  const a = ((restHigh[i] as number) ^ flip) >>> 0;
  const b = ((restHigh[j] as number) ^ flip) >>> 0;
  return a < b || (a === b && (restLow[i] as number) < (restLow[j] as number));
}

function subtractBase(i: number, frame: Frame): void {
  const low = restLow[i] as number;
  restLow[i] = low - frame.baseLow;
  restHigh[i] = (restHigh[i] as number) - frame.baseHigh - (low < frame.baseLow ? 1 : 0);
}

/**
 * Reads out.length values.
 *
 * @throws MalformedBytes
 */
export function decodeFloatBits(reader: ByteReader, out: Float64Array): void {
  const bits = bitsOf(out);
  let beforeLow = 0;
  let beforeHigh = 0;
  for (let from = 0; from < out.length; from += BLOCK) {
    const count = Math.min(BLOCK, out.length - from);
    const head = reader.u8();
    const baseLow = reader.u32();
    const baseHigh = reader.u32();
    readRests(reader, { count, width: head & 0x7f });
    for (let i = 0; i < count; i++) {
      let low = (restLow[i] as number) + baseLow;
      let high = (restHigh[i] as number) + baseHigh + (low > 0xffff_ffff ? 1 : 0);
      if (head & IS_DIFFERENCE) {
        low = (low >>> 0) + beforeLow;
        high += beforeHigh + (low > 0xffff_ffff ? 1 : 0);
      }
      beforeLow = low >>> 0;
      beforeHigh = high >>> 0;
      const isPositive = beforeHigh >>> 31;
      bits[2 * (from + i)] = isPositive ? beforeLow : ~beforeLow;
      bits[2 * (from + i) + 1] = isPositive ? beforeHigh ^ 0x8000_0000 : ~beforeHigh;
    }
  }
}

function readRests(
  reader: ByteReader,
  shape: { readonly count: number; readonly width: number },
): void {
  const { count, width } = shape;
  if (width > 64) throw new MalformedBytes(`a block says ${width} bits a value`);
  restLow.fill(0, 0, count);
  restHigh.fill(0, 0, count);
  for (let at = 0; at < width; at += PLANE_WIDTH) {
    const half = at < 32 ? restLow : restHigh;
    unpackBits(reader, { count, width: Math.min(PLANE_WIDTH, width - at) }, plane);
    for (let i = 0; i < count; i++) {
      half[i] = (half[i] as number) | ((plane[i] as number) << (at & 31));
    }
  }
}
