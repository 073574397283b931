/**
 * One native histogram as bytes that stand by themselves: its layout, then state and counts. Equal
 * bytes are equal histograms. Format: docs/formats/histograms.md.
 *
 * Exact: floats keep their bits, but for a sum or count that is a NaN other than the staleness
 * marker, which becomes the ordinary NaN.
 */
import { type NativeHistogram, RESET_HINTS } from '../model/histogram.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import {
  bucketCount,
  decodeLayout,
  encodeLayout,
  type HistogramLayout,
  readDouble,
  writeDouble,
} from './histogram-layout.ts';

const HINT_BITS = 0x03;
const IS_STALE = 0x04;
const HAS_CREATED = 0x08;
/** Counts are whole numbers up to 2^53, which integer histograms always have. */
const IS_WHOLE = 0x10;

/** @param histogram without a fault (`histogramFault`) */
export function encodeHistogram(histogram: NativeHistogram, out: ByteWriter): void {
  encodeLayout(histogram, out);
  const { isStale, createdMs, count, sum, zeroCount } = histogram;
  const areWhole = histogram.kind === 'integer' || hasWholeCounts(histogram);
  out.u8(
    RESET_HINTS.indexOf(histogram.resetHint) |
      (isStale ? IS_STALE : 0) |
      (createdMs === undefined ? 0 : HAS_CREATED) |
      (areWhole ? IS_WHOLE : 0),
  );
  if (createdMs !== undefined) out.signed(createdMs);
  if (!isStale) writeNumber(sum, out);
  if (areWhole) {
    out.varint(count);
    out.varint(zeroCount);
    writeWhole(histogram.positiveCounts, out);
    writeWhole(histogram.negativeCounts, out);
    return;
  }
  writeNumber(count, out);
  writeNumber(zeroCount, out);
  for (const n of histogram.positiveCounts) writeNumber(n, out);
  for (const n of histogram.negativeCounts) writeNumber(n, out);
}

/** Whether all counts are whole numbers up to 2^53, as those of integer histograms must be. */
export function hasWholeCounts(histogram: NativeHistogram): boolean {
  return (
    isWhole(histogram.count) &&
    isWhole(histogram.zeroCount) &&
    histogram.positiveCounts.every(isWhole) &&
    histogram.negativeCounts.every(isWhole)
  );
}

/** A minus zero is none: its sign would be lost. */
function isWhole(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0);
}

/** Differences between neighbours, which are smaller than the counts. */
function writeWhole(counts: Float64Array, out: ByteWriter): void {
  let before = 0;
  for (const n of counts) {
    out.signed(n - before);
    before = n;
  }
}

/** A double, every NaN in the same bits. */
function writeNumber(n: number, out: ByteWriter): void {
  writeDouble(Number.isNaN(n) ? Number.NaN : n, out);
}

/**
 * Reads one histogram.
 *
 * @throws MalformedBytes
 */
export function decodeHistogram(reader: ByteReader): NativeHistogram {
  return decodeCounts(reader, decodeLayout(reader));
}

function decodeCounts(reader: ByteReader, layout: HistogramLayout): NativeHistogram {
  const state = reader.u8();
  const isStale = (state & IS_STALE) !== 0;
  const createdMs = state & HAS_CREATED ? reader.signed() : undefined;
  const sum = isStale ? Number.NaN : readDouble(reader);
  const areWhole = (state & IS_WHOLE) !== 0;
  const count = areWhole ? reader.varint() : readDouble(reader);
  const zeroCount = areWhole ? reader.varint() : readDouble(reader);
  const read = areWhole ? readWhole : readDoubles;
  const positiveCounts = read(reader, bucketCount(layout.positiveSpans));
  const negativeCounts = read(reader, bucketCount(layout.negativeSpans));
  const resetHint = RESET_HINTS[state & HINT_BITS] ?? 'unknown';
  return {
    ...layout,
    ...{ resetHint, isStale, count, sum, zeroCount, positiveCounts, negativeCounts, createdMs },
  };
}

function readWhole(reader: ByteReader, length: number): Float64Array {
  const counts = new Float64Array(length);
  let before = 0;
  for (let i = 0; i < length; i++) {
    before += reader.signed();
    counts[i] = before;
  }
  return counts;
}

function readDoubles(reader: ByteReader, length: number): Float64Array {
  const counts = new Float64Array(length);
  for (let i = 0; i < length; i++) counts[i] = readDouble(reader);
  return counts;
}
