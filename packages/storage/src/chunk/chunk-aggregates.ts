/**
 * Count, first, last, smallest, largest and sum of one chunk, so that what covers it whole need not
 * read its samples.
 *
 * Present only where they stand for the samples exactly: not with a staleness marker, another NaN
 * or an infinity in the chunk; the sum only where all values are integers and every partial sum is
 * below 2^53. Format: docs/formats/block.md.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { commonExponent, powerOfTen } from '../encoding/decimal.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { bitsOf } from '../model/sample.ts';

const HAS_EXTREMES = 0x20;
const HAS_SUM = 0x40;
const IS_DECIMAL = 0x80;
const EXPONENT_BITS = 0x1f;
const SUM_LIMIT = 2 ** 53;

export interface ChunkAggregates {
  readonly count: number;
  /** Undefined where the chunk has a value that is not finite. */
  readonly extremes: ChunkExtremes | undefined;
  readonly sum: number | undefined;
}

export interface ChunkExtremes {
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

/** @param values [n], n >= 1 */
export function aggregateChunk(values: Float64Array): ChunkAggregates {
  const count = values.length;
  const first = values[0] as number;
  let min = first;
  let max = first;
  let sum = 0;
  let isExact = true;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    // Neither NaN nor an infinity: what is left of it is 0.
    if (value - value !== 0) return { count, extremes: undefined, sum: undefined };
    if (value < min) min = value;
    else if (value > max) max = value;
    sum += value;
    isExact &&= Math.abs(sum) < SUM_LIMIT && Number.isInteger(value);
  }
  const last = values[count - 1] as number;
  return { count, extremes: { first, last, min, max }, sum: isExact ? sum : undefined };
}

const four = new Float64Array(4);

export function encodeAggregates(aggregates: ChunkAggregates, out: ByteWriter): void {
  const { count, extremes, sum } = aggregates;
  if (extremes === undefined) {
    out.u8(0);
    out.varint(count);
    return;
  }
  four[0] = extremes.first;
  four[1] = extremes.last;
  four[2] = extremes.min;
  four[3] = extremes.max;
  const exponent = commonExponent(four);
  const sumFlag = sum === undefined ? 0 : HAS_SUM;
  out.u8(HAS_EXTREMES | sumFlag | (exponent < 0 ? 0 : IS_DECIMAL | exponent));
  out.varint(count);
  if (exponent < 0) {
    for (const half of bitsOf(four)) out.u32(half);
  } else {
    const [first = 0, last = 0, min = 0, max = 0] = four.map((value) =>
      Math.round(value * powerOfTen(exponent)),
    );
    out.signed(first);
    out.signed(last - first);
    out.varint(first - min);
    out.varint(max - first);
  }
  if (sum !== undefined) out.signed(sum);
}

/** @throws MalformedBytes */
export function decodeAggregates(reader: ByteReader): ChunkAggregates {
  const head = reader.u8();
  const count = reader.varint();
  if ((head & HAS_EXTREMES) === 0) return { count, extremes: undefined, sum: undefined };
  const values = new Float64Array(4);
  if (head & IS_DECIMAL) {
    const exponent = head & EXPONENT_BITS;
    if (exponent > 18) throw new MalformedBytes(`exponent ${exponent} of aggregates`);
    const first = reader.signed();
    values[0] = first;
    values[1] = first + reader.signed();
    values[2] = first - reader.varint();
    values[3] = first + reader.varint();
    for (let i = 0; i < 4; i++) values[i] = (values[i] as number) / powerOfTen(exponent);
  } else {
    const bits = bitsOf(values);
    for (let i = 0; i < 8; i++) bits[i] = reader.u32();
  }
  const [first = 0, last = 0, min = 0, max = 0] = values;
  const sum = head & HAS_SUM ? reader.signed() : undefined;
  return { count, extremes: { first, last, min, max }, sum };
}
