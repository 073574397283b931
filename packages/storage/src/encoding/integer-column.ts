/**
 * A column of integers as blocks of up to 120, each predicted in the way that leaves the smallest
 * rests: by a level, by the entry before, by the difference before, or by a line.
 *
 * All entries are first taken off the first one and divided by the greatest common divisor.
 * Arithmetic is float64 on integers below 2^53, hence exact. Format: docs/formats/columns.md.
 */
import { PACKED_WIDTH_MAX, unpackLevels, unpackSums } from './bit-packing.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MalformedBytes } from './malformed-bytes.ts';
import { readPacked, writePacked } from './packed-block.ts';
import { BLOCK_ENTRIES_MAX, type Packing, planPacking, WIDTH_MAX } from './packing-plan.ts';

/** Magnitudes stay below, so that a difference of differences is exact. */
export const INTEGER_LIMIT = 2 ** 50;

const LEVEL = 0;
const DIFFERENCE = 1;
const SECOND_DIFFERENCE = 2;
const LINE = 3;
export type Prediction = 0 | 1 | 2 | 3;

/** Predictions worth trying for measured values: their slopes do not stay. */
export const VALUE_PREDICTIONS: readonly Prediction[] = [DIFFERENCE, LEVEL];
export const TIMESTAMP_PREDICTIONS: readonly Prediction[] = [
  DIFFERENCE,
  LEVEL,
  SECOND_DIFFERENCE,
  LINE,
];

interface PlannedBlock extends Packing {
  prediction: Prediction;
  slope: number;
}

const newPlan = (): PlannedBlock => {
  return { prediction: LEVEL, slope: 0, base: 0, width: 0, exceptions: 0, bytes: 0 };
};
let tried = newPlan();
let best = newPlan();
let triedRests = new Float64Array(BLOCK_ENTRIES_MAX);
let bestRests = new Float64Array(BLOCK_ENTRIES_MAX);
const wide = new Float64Array(BLOCK_ENTRIES_MAX);
let scaled = new Float64Array(1024);

/**
 * Appends the column.
 *
 * @param integers    [n], n >= 1, magnitudes below INTEGER_LIMIT
 * @param predictions which to try
 */
export function encodeIntegers(
  integers: Float64Array,
  predictions: readonly Prediction[],
  out: ByteWriter,
): void {
  const count = integers.length;
  if (scaled.length < count) scaled = new Float64Array(2 * count);
  const first = integers[0] as number;
  const divisor = commonDivisor(integers);
  for (let i = 0; i < count; i++) scaled[i] = ((integers[i] as number) - first) / divisor;
  out.signed(first);
  if (count === 1) return;
  out.varint(divisor);
  for (let from = 1; from < count; from += BLOCK_ENTRIES_MAX) {
    const entries = Math.min(BLOCK_ENTRIES_MAX, count - from);
    best.bytes = Number.POSITIVE_INFINITY;
    for (const prediction of predictions) tryPrediction(prediction, from, entries);
    writeBlock(bestRests.subarray(0, entries), out);
  }
}

/** Greatest common divisor of the differences; 1 where all entries are equal. */
function commonDivisor(integers: Float64Array): number {
  let divisor = 0;
  for (let i = 1; i < integers.length && divisor !== 1; i++) {
    let rest = Math.abs((integers[i] as number) - (integers[i - 1] as number));
    // Exact: a quotient below 2^52 rounds to an integer only where it is one.
    if (rest === 0 || (divisor !== 0 && Number.isInteger(rest / divisor))) continue;
    while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
  }
  return divisor === 0 ? 1 : divisor;
}

/** Plans `count` entries from index `from` on with one prediction; the better plan is `best`. */
function tryPrediction(prediction: Prediction, from: number, count: number): void {
  const slope = prediction === LINE ? slopeOf(from, count) : 0;
  writeRests(prediction, { from, count, slope }, triedRests);
  planPacking(triedRests, count, tried);
  tried.prediction = prediction;
  tried.slope = slope;
  tried.bytes += prediction === LINE ? 3 : 0;
  if (tried.bytes >= best.bytes) return;
  [best, tried] = [tried, best];
  [bestRests, triedRests] = [triedRests, bestRests];
}

function writeRests(
  prediction: Prediction,
  block: { readonly from: number; readonly count: number; readonly slope: number },
  rests: Float64Array,
): void {
  const { from, count, slope } = block;
  const entries = scaled;
  const before = entries[from - 1] as number;
  let last = before;
  if (prediction === DIFFERENCE) {
    for (let i = 0; i < count; i++) {
      const entry = entries[from + i] as number;
      rests[i] = entry - last;
      last = entry;
    }
  } else if (prediction === SECOND_DIFFERENCE) {
    let difference = from > 1 ? before - (entries[from - 2] as number) : 0;
    for (let i = 0; i < count; i++) {
      const entry = entries[from + i] as number;
      rests[i] = entry - last - difference;
      difference = entry - last;
      last = entry;
    }
  } else {
    for (let i = 0; i < count; i++) {
      rests[i] = (entries[from + i] as number) - before - slope * (i + 1);
    }
  }
}

/** The mean difference over a block, rounded. */
function slopeOf(from: number, count: number): number {
  const rise = (scaled[from + count - 1] as number) - (scaled[from - 1] as number);
  return Math.round(rise / count);
}

function writeBlock(rests: Float64Array, out: ByteWriter): void {
  out.u8(best.width | (best.prediction << 6));
  out.u8(best.exceptions);
  out.signed(best.base);
  if (best.prediction === LINE) out.signed(best.slope);
  writePacked(rests, best, out);
}

/**
 * Reads out.length integers.
 *
 * @throws MalformedBytes
 */
export function decodeIntegers(reader: ByteReader, out: Float64Array): void {
  const count = out.length;
  out[0] = reader.signed();
  if (count === 1) return;
  const divisor = reader.varint();
  for (let from = 1; from < count; from += BLOCK_ENTRIES_MAX) {
    const to = Math.min(from + BLOCK_ENTRIES_MAX, count);
    decodeBlock(reader, { from, to, divisor }, out);
  }
}

interface BlockRange {
  readonly from: number;
  readonly to: number;
  readonly divisor: number;
}

function decodeBlock(reader: ByteReader, range: BlockRange, out: Float64Array): void {
  const { from, to, divisor } = range;
  const head = reader.u8();
  const prediction = head >>> 6;
  const width = head & 0x3f;
  const exceptions = reader.u8();
  const base = reader.signed() * divisor;
  const slope = prediction === LINE ? reader.signed() * divisor : 0;
  const level = out[from - 1] as number;
  if (width > WIDTH_MAX) throw new MalformedBytes(`a block says ${width} bits an entry`);
  if (width <= PACKED_WIDTH_MAX) {
    // What nearly all blocks are.
    if (prediction === DIFFERENCE) {
      unpackSums(reader, { from, to, width, base, scale: divisor, exceptions }, out);
      return;
    }
    if (prediction === LEVEL) {
      unpackLevels(
        reader,
        { from, to, width, base: level + base, scale: divisor, exceptions },
        out,
      );
      return;
    }
  }
  const count = to - from;
  const rests = wide;
  readPacked(reader, { count, width, exceptions }, rests);
  if (prediction === DIFFERENCE) {
    let sum = level;
    for (let i = 0; i < count; i++) {
      sum += base + (rests[i] as number) * divisor;
      out[from + i] = sum;
    }
  } else if (prediction === SECOND_DIFFERENCE) {
    let difference = from > 1 ? level - (out[from - 2] as number) : 0;
    let sum = level;
    for (let i = 0; i < count; i++) {
      difference += base + (rests[i] as number) * divisor;
      sum += difference;
      out[from + i] = sum;
    }
  } else {
    for (let i = 0; i < count; i++) {
      out[from + i] = level + base + slope * (i + 1) + (rests[i] as number) * divisor;
    }
  }
}
