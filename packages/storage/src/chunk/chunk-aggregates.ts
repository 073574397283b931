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
import { columnMemory } from '../encoding/column-memory.ts';
import { commonExponent, EXPONENT_MAX, powerOfTen } from '../encoding/decimal.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { bitsOf } from '../model/sample.ts';

const HAS_EXTREMES = 0x01;
const HAS_SUM = 0x02;
const IS_DECIMAL = 0x04;
/** The smallest value is the lesser of first and last, the largest the greater. */
const STARTS_OR_ENDS_LEAST = 0x08;
const STARTS_OR_ENDS_MOST = 0x10;
const HAS_EXPONENT = 0x20;
/** Not as many samples as the chunk before. */
const HAS_COUNT = 0x40;
const IS_PLAIN_SUM = 0x80;
const SUM_LIMIT = 2 ** 53;
/** The difference of two times a sum and what it is expected to be is exact below. */
const RELATIVE_SUM_LIMIT = 2 ** 51;

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

/** The plain way. @param values [n], n >= 1 */
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

const five = new Float64Array(5);

/** The same of the column that this thread encoded or decoded last. */
export function aggregateLast(count: number): ChunkAggregates {
  const found = columnMemory().aggregate(count, five);
  if (found === 0) return { count, extremes: undefined, sum: undefined };
  const [first = 0, last = 0, min = 0, max = 0, sum = 0] = five;
  return { count, extremes: { first, last, min, max }, sum: found === 2 ? sum : undefined };
}

const four = new Float64Array(4);

/** @param countBefore samples of the chunk before it in the same value, 0 for the first */
export function encodeAggregates(
  aggregates: ChunkAggregates,
  countBefore: number,
  out: ByteWriter,
): void {
  const { count, extremes, sum } = aggregates;
  const hasCount = count === countBefore ? 0 : HAS_COUNT;
  if (extremes === undefined) {
    out.u8(hasCount);
    if (hasCount) out.varint(count);
    return;
  }
  const { first, last, min, max } = extremes;
  const least = Object.is(min, Math.min(first, last)) ? STARTS_OR_ENDS_LEAST : 0;
  const most = Object.is(max, Math.max(first, last)) ? STARTS_OR_ENDS_MOST : 0;
  four.set([first, last, min, max]);
  const exponent = commonExponent(four);
  const decimal = (exponent < 0 ? 0 : IS_DECIMAL) | (exponent > 0 ? HAS_EXPONENT : 0);
  const expected = count * (first + last);
  const isPlain =
    sum !== undefined &&
    !(Math.abs(sum) < RELATIVE_SUM_LIMIT && Math.abs(expected) < RELATIVE_SUM_LIMIT);
  const sums = (sum === undefined ? 0 : HAS_SUM) | (isPlain ? IS_PLAIN_SUM : 0);
  out.u8(HAS_EXTREMES | hasCount | least | most | decimal | sums);
  if (hasCount) out.varint(count);
  if (exponent < 0) writeBits(extremes, { least, most }, out);
  else writeDecimals(exponent, { least, most }, out);
  if (sum !== undefined) out.signed(isPlain ? sum : 2 * sum - expected);
}

interface Told {
  readonly least: number;
  readonly most: number;
}

function writeBits({ first, last, min, max }: ChunkExtremes, told: Told, out: ByteWriter): void {
  const values = [first, last];
  if (!told.least) values.push(min);
  if (!told.most) values.push(max);
  for (const half of bitsOf(Float64Array.from(values))) out.u32(half);
}

/** Writes `four`. */
function writeDecimals(exponent: number, told: Told, out: ByteWriter): void {
  if (exponent > 0) out.u8(exponent);
  const power = powerOfTen(exponent);
  const first = Math.round((four[0] as number) * power);
  const last = Math.round((four[1] as number) * power);
  out.signed(first);
  out.signed(last - first);
  if (!told.least) out.varint(Math.min(first, last) - Math.round((four[2] as number) * power));
  if (!told.most) out.varint(Math.round((four[3] as number) * power) - Math.max(first, last));
}

/** @throws MalformedBytes */
export function decodeAggregates(reader: ByteReader, countBefore: number): ChunkAggregates {
  const head = reader.u8();
  const count = head & HAS_COUNT ? reader.varint() : countBefore;
  if ((head & HAS_EXTREMES) === 0) return { count, extremes: undefined, sum: undefined };
  const extremes = head & IS_DECIMAL ? readDecimals(reader, head) : readBits(reader, head);
  if ((head & HAS_SUM) === 0) return { count, extremes, sum: undefined };
  const stored = reader.signed();
  const expected = count * (extremes.first + extremes.last);
  return { count, extremes, sum: head & IS_PLAIN_SUM ? stored : (stored + expected) / 2 };
}

function readDecimals(reader: ByteReader, head: number): ChunkExtremes {
  const exponent = head & HAS_EXPONENT ? reader.u8() : 0;
  if (exponent > EXPONENT_MAX) throw new MalformedBytes(`exponent ${exponent} of aggregates`);
  const power = powerOfTen(exponent);
  const first = reader.signed();
  const last = first + reader.signed();
  const min = Math.min(first, last) - (head & STARTS_OR_ENDS_LEAST ? 0 : reader.varint());
  const max = Math.max(first, last) + (head & STARTS_OR_ENDS_MOST ? 0 : reader.varint());
  return { first: first / power, last: last / power, min: min / power, max: max / power };
}

function readBits(reader: ByteReader, head: number): ChunkExtremes {
  const values = new Float64Array(4);
  const bits = bitsOf(values);
  const isTold = [false, false, head & STARTS_OR_ENDS_LEAST, head & STARTS_OR_ENDS_MOST];
  for (let i = 0; i < 4; i++) {
    if (isTold[i]) continue;
    bits[2 * i] = reader.u32();
    bits[2 * i + 1] = reader.u32();
  }
  const [first = 0, last = 0, min = 0, max = 0] = values;
  return {
    first,
    last,
    min: isTold[2] ? Math.min(first, last) : min,
    max: isTold[3] ? Math.max(first, last) : max,
  };
}
