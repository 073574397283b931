/**
 * A column of values behind a type byte: whichever encoding is the smallest, bit-exact for every
 * double. Format: docs/formats/columns.md.
 */
import { bitsOf } from '../model/sample.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { decodeDecimals, encodeDecimals } from './decimal-column.ts';
import { decodeFloatBits, encodeFloatBits } from './float-bits-column.ts';
import { MalformedBytes } from './malformed-bytes.ts';
import { decodeXor, encodeXor } from './xor-column.ts';

/** Type bytes; 0 is never written. */
const CONSTANT = 1;
const DECIMAL = 2;
const XOR = 3;
const FLOAT_BITS = 4;

/** Decimals that take fewer bytes a value are not tried against what suits long fractions. */
const DECIMAL_BYTES_SURE = 3;

/** Appends values[0, n), n >= 1. */
export function encodeValues(values: Float64Array, out: ByteWriter): void {
  const start = out.length;
  if (isConstant(values)) {
    const bits = bitsOf(values);
    out.u8(CONSTANT);
    out.u32(bits[0] as number);
    out.u32(bits[1] as number);
    return;
  }
  out.u8(DECIMAL);
  const isDecimal = encodeDecimals(values, out);
  const decimalSize = out.length - start;
  if (isDecimal && decimalSize < DECIMAL_BYTES_SURE * values.length) return;

  let best = isDecimal ? out.bytes.slice(start, out.length) : undefined;
  for (const [type, encode] of [
    [XOR, encodeXor],
    [FLOAT_BITS, encodeFloatBits],
  ] as const) {
    out.length = start;
    out.u8(type);
    encode(values, out);
    if (best === undefined || out.length - start < best.length) {
      best = out.bytes.slice(start, out.length);
    }
  }
  out.length = start;
  if (best !== undefined) out.raw(best);
}

function isConstant(values: Float64Array): boolean {
  const bits = bitsOf(values);
  const low = bits[0];
  const high = bits[1];
  for (let i = 2; i < bits.length; i += 2) {
    if (bits[i] !== low || bits[i + 1] !== high) return false;
  }
  return true;
}

/**
 * Reads out.length values.
 *
 * @throws MalformedBytes
 */
export function decodeValues(reader: ByteReader, out: Float64Array): void {
  const type = reader.u8();
  switch (type) {
    case CONSTANT: {
      const bits = bitsOf(out);
      const low = reader.u32();
      const high = reader.u32();
      for (let i = 0; i < bits.length; i += 2) {
        bits[i] = low;
        bits[i + 1] = high;
      }
      return;
    }
    case DECIMAL:
      decodeDecimals(reader, out);
      return;
    case XOR:
      decodeXor(reader, out);
      return;
    case FLOAT_BITS:
      decodeFloatBits(reader, out);
      return;
    default:
      throw new MalformedBytes(`value column of unknown type ${type}`);
  }
}
