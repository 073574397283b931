/**
 * Values that are decimals with few digits after the point, as integers over a power of ten; values
 * of the column that are not (NaN, infinities, -0, long fractions) stand apart, bit by bit.
 *
 * Exact: the encoder takes a value as a decimal only where `integer / 10^exponent`, which is what
 * the decoder computes, has the value's bits. Format: docs/formats/columns.md.
 */
import { bitsOf } from '../model/sample.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import {
  decodeIntegers,
  encodeIntegers,
  INTEGER_LIMIT,
  VALUE_PREDICTIONS,
} from './integer-column.ts';
import { MalformedBytes } from './malformed-bytes.ts';

export const EXPONENT_MAX = 18;
/** Exact in float64 up to 10^22. */
const POWERS = Float64Array.from({ length: EXPONENT_MAX + 1 }, (_, e) => Number(`1e${e}`));
/** The column is no decimal where more than one value in so many is not. */
const MISFIT_SHARE = 8;
const HAS_MISFITS = 0x80;

let integers = new Float64Array(1024);
let misfits = new Uint32Array(1024);

/** Appends the column and returns true, or returns false where it has too many misfits. */
export function encodeDecimals(values: Float64Array, out: ByteWriter): boolean {
  const count = values.length;
  if (integers.length < count) {
    integers = new Float64Array(2 * count);
    misfits = new Uint32Array(2 * count);
  }
  const misfitsMax = Math.floor(count / MISFIT_SHARE);
  const exponent = exponentOf(values, misfitsMax);
  if (exponent < 0) return false;
  const misfitCount = scaleUp(values, exponent);
  if (misfitCount > misfitsMax) return false;

  out.u8(exponent | (misfitCount > 0 ? HAS_MISFITS : 0));
  if (misfitCount > 0) writeMisfits(values, misfitCount, out);
  encodeIntegers(integers.subarray(0, count), VALUE_PREDICTIONS, out);
  return true;
}

/** The smallest exponent that suits all values but the misfits, or -1. */
function exponentOf(values: Float64Array, misfitsMax: number): number {
  let exponent = 0;
  let misfitCount = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    let wanted = exponent;
    while (wanted <= EXPONENT_MAX && !isDecimal(value, POWERS[wanted] as number)) wanted++;
    if (wanted <= EXPONENT_MAX) exponent = wanted;
    else if (++misfitCount > misfitsMax) return -1;
  }
  return exponent;
}

/** The smallest exponent at which all values are integers over a power of ten exactly, or -1. */
export function commonExponent(values: Float64Array): number {
  const exponent = exponentOf(values, 0);
  const power = exponent < 0 ? 0 : powerOfTen(exponent);
  const isExact = values.every((value) => isDecimal(value, power) && !Object.is(value, -0));
  return isExact ? exponent : -1;
}

export function powerOfTen(exponent: number): number {
  return POWERS[exponent] as number;
}

function isDecimal(value: number, power: number): boolean {
  const integer = Math.round(value * power);
  return Math.abs(integer) < INTEGER_LIMIT && integer / power === value;
}

/** Fills `integers`, and `misfits` with the indexes of the others; returns their number. */
function scaleUp(values: Float64Array, exponent: number): number {
  const power = POWERS[exponent] as number;
  let misfitCount = 0;
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const integer = Math.round(value * power);
    const fits = Math.abs(integer) < INTEGER_LIMIT && integer / power === value;
    // Minus zero equals zero but for its bits.
    if (fits && (integer !== 0 || !Object.is(value, -0))) before = integer;
    else misfits[misfitCount++] = i;
    integers[i] = before;
  }
  return misfitCount;
}

function writeMisfits(values: Float64Array, misfitCount: number, out: ByteWriter): void {
  const bits = bitsOf(values);
  out.varint(misfitCount);
  let next = 0;
  for (let k = 0; k < misfitCount; k++) {
    const i = misfits[k] as number;
    out.varint(i - next);
    out.u32(bits[2 * i] as number);
    out.u32(bits[2 * i + 1] as number);
    next = i + 1;
  }
}

/**
 * Reads out.length values.
 *
 * @throws MalformedBytes
 */
export function decodeDecimals(reader: ByteReader, out: Float64Array): void {
  const head = reader.u8();
  const exponent = head & 0x7f;
  if (exponent > EXPONENT_MAX) throw new MalformedBytes(`exponent ${exponent} of a column`);
  const misfitsAt = reader.at;
  const misfitCount = (head & HAS_MISFITS) === 0 ? 0 : reader.varint();
  for (let k = 0; k < misfitCount; k++) {
    reader.varint();
    reader.skip(8);
  }
  decodeIntegers(reader, out);
  if (exponent > 0) {
    const power = POWERS[exponent] as number;
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) / power;
  }
  if (misfitCount === 0) return;
  const end = reader.at;
  reader.at = misfitsAt;
  readMisfits(reader, out);
  reader.at = end;
}

function readMisfits(reader: ByteReader, out: Float64Array): void {
  const bits = bitsOf(out);
  let next = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const i = next + reader.varint();
    if (i >= out.length) throw new MalformedBytes(`misfit at ${i} of ${out.length} values`);
    bits[2 * i] = reader.u32();
    bits[2 * i + 1] = reader.u32();
    next = i + 1;
  }
}
