/**
 * Gorilla: each value's bits XOR those of the value before; the meaningful bits are written, within
 * the window of the XOR before where they fit it.
 *
 * Source: Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database" (2015),
 * section 4.1.3.
 * Bits are written from the highest of a byte down. Format: docs/formats/columns.md.
 */
import { bitsOf } from '../model/sample.ts';
import { BitReader } from './bit-reader.ts';
import { BitWriter } from './bit-writer.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MalformedBytes } from './malformed-bytes.ts';

/** Five bits hold the number of leading zeros. */
const LEADING_MAX = 31;

export function encodeXor(values: Float64Array, out: ByteWriter): void {
  const bits = bitsOf(values);
  const writer = new BitWriter(out);
  let low = bits[0] as number;
  let high = bits[1] as number;
  let leading = 64;
  let trailing = 0;
  out.u32(low);
  out.u32(high);
  for (let i = 1; i < values.length; i++) {
    const xorLow = (bits[2 * i] as number) ^ low;
    const xorHigh = (bits[2 * i + 1] as number) ^ high;
    low ^= xorLow;
    high ^= xorHigh;
    if (xorLow === 0 && xorHigh === 0) {
      writer.write(0, 1);
      continue;
    }
    const zerosAbove = xorHigh === 0 ? 32 + Math.clz32(xorLow) : Math.clz32(xorHigh);
    const zerosBelow = xorLow === 0 ? 32 + trailingZeros(xorHigh) : trailingZeros(xorLow);
    if (zerosAbove >= leading && zerosBelow >= trailing) {
      writer.write(0b10, 2);
    } else {
      leading = Math.min(zerosAbove, LEADING_MAX);
      trailing = zerosBelow;
      writer.write(0b11, 2);
      writer.write(leading, 5);
      writer.write(64 - leading - trailing - 1, 6);
    }
    writeWindow(writer, { low: xorLow, high: xorHigh, leading, trailing });
  }
  writer.flush();
}

interface Window {
  readonly low: number;
  readonly high: number;
  readonly leading: number;
  readonly trailing: number;
}

/** Writes the bits between `leading` and `trailing`, upper half first. */
function writeWindow(writer: BitWriter, window: Window): void {
  const { low, high, leading, trailing } = window;
  if (trailing >= 32) {
    writer.write(high >>> (trailing - 32), 64 - leading - trailing);
    return;
  }
  if (leading < 32) writer.write(high, 32 - leading);
  writer.write(low >>> trailing, 32 - trailing - Math.max(0, leading - 32));
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/**
 * Reads out.length values.
 *
 * @throws MalformedBytes
 */
export function decodeXor(reader: ByteReader, out: Float64Array): void {
  const bits = bitsOf(out);
  let low = reader.u32();
  let high = reader.u32();
  const source = new BitReader(reader);
  let leading = 64;
  let trailing = 0;
  bits[0] = low;
  bits[1] = high;
  for (let i = 1; i < out.length; i++) {
    if (source.read(1) === 1) {
      if (source.read(1) === 1) {
        leading = source.read(5);
        trailing = 64 - leading - (source.read(6) + 1);
      }
      if (leading + trailing > 63) throw new MalformedBytes('a XOR window that is empty');
      if (trailing < 0) throw new MalformedBytes('a XOR window of more than 64 bits');
      if (trailing >= 32) {
        high ^= source.read(64 - leading - trailing) << (trailing - 32);
      } else {
        if (leading < 32) high ^= source.read(32 - leading);
        low ^= source.read(32 - trailing - Math.max(0, leading - 32)) << trailing;
      }
    }
    bits[2 * i] = low;
    bits[2 * i + 1] = high;
  }
  source.finish();
}
