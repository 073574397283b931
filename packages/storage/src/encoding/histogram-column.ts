/**
 * A column of native histograms: layouts once, then count, zero count, sum and each bucket as a
 * value column over time, where counters differ little from one sample to the next. Format:
 * docs/formats/histograms.md.
 *
 * The number of entries is not in it; whoever holds the column knows it.
 */
import { HISTOGRAM_BUCKETS_MAX, type NativeHistogram, RESET_HINTS } from '../model/histogram.ts';
import { entryBytes, type HistogramRun } from '../model/histogram-run.ts';
import { bitsOf, isStaleAt, setStaleAt } from '../model/sample.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { decodeHistogram, encodeHistogram, hasWholeCounts } from './histogram-bytes.ts';
import {
  bucketIndexes,
  decodeLayout,
  encodeLayout,
  type HistogramLayout,
} from './histogram-layout.ts';
import { MalformedBytes } from './malformed-bytes.ts';
import { decodeValues, encodeValues } from './value-column.ts';

/** Entries of one block of a column. */
const BLOCK_ENTRIES_MAX = 512;
/**
 * A block ends where its entries together have more buckets than twice the most of one: entries
 * whose layouts have nothing in common would fill columns with zeros.
 */
const UNION_FACTOR = 2;
const UNION_FREE = 64;

const HINT_BITS = 0x03;
const HAS_CREATED = 0x04;

/** Buckets of all layouts of a block: positive ones by index, then negative ones. */
interface BucketUnion {
  readonly positive: Int32Array;
  readonly negative: Int32Array;
}

interface Block {
  readonly histograms: NativeHistogram[];
  readonly layouts: HistogramLayout[];
  /** [entries] number in `layouts` */
  readonly layoutOf: number[];
  readonly union: BucketUnion;
}

/** Appends the entries of a run, at least one. */
export function encodeHistograms(run: HistogramRun, out: ByteWriter): void {
  const histograms: NativeHistogram[] = [];
  for (let i = 0; i < run.timestampsMs.length; i++) {
    histograms.push(decodeHistogram(new ByteReader(entryBytes(run, i))));
  }
  for (let from = 0; from < histograms.length; ) {
    const block = blockFrom(histograms, from);
    encodeBlock(block, out);
    from += block.histograms.length;
  }
}

/** As many entries from `from` on as go well together. */
function blockFrom(histograms: readonly NativeHistogram[], from: number): Block {
  const taken: NativeHistogram[] = [];
  const layouts: HistogramLayout[] = [];
  const layoutOf: number[] = [];
  const numbers = new Map<string, number>();
  const writer = new ByteWriter();
  const union = { positive: new Set<number>(), negative: new Set<number>() };
  let most = 0;
  for (let i = from; i < histograms.length && taken.length < BLOCK_ENTRIES_MAX; i++) {
    const histogram = histograms[i] as NativeHistogram;
    writer.clear();
    encodeLayout(histogram, writer);
    const key = Buffer.from(writer.view()).toString('latin1');
    let number = numbers.get(key);
    if (number === undefined) {
      const positive = new Set([...union.positive, ...bucketIndexes(histogram.positiveSpans)]);
      const negative = new Set([...union.negative, ...bucketIndexes(histogram.negativeSpans)]);
      most = Math.max(most, histogram.positiveCounts.length + histogram.negativeCounts.length);
      const buckets = positive.size + negative.size;
      if (taken.length > 0 && buckets > Math.max(UNION_FREE, UNION_FACTOR * most)) break;
      union.positive = positive;
      union.negative = negative;
      number = layouts.length;
      numbers.set(key, number);
      layouts.push(histogram);
    }
    taken.push(histogram);
    layoutOf.push(number);
  }
  return { histograms: taken, layouts, layoutOf, union: unionOf(layouts) };
}

function unionOf(layouts: readonly HistogramLayout[]): BucketUnion {
  const positive = new Set<number>();
  const negative = new Set<number>();
  for (const { positiveSpans, negativeSpans } of layouts) {
    for (const index of bucketIndexes(positiveSpans)) positive.add(index);
    for (const index of bucketIndexes(negativeSpans)) negative.add(index);
  }
  return { positive: Int32Array.from(positive).sort(), negative: Int32Array.from(negative).sort() };
}

function encodeBlock({ histograms, layouts, layoutOf, union }: Block, out: ByteWriter): void {
  const count = histograms.length;
  out.varint(count);
  out.varint(layouts.length);
  for (const layout of layouts) encodeLayout(layout, out);
  if (layouts.length > 1) writeLengths(layoutOf, out);
  writeLengths(histograms.map(stateOf), out);
  const created = histograms.flatMap(({ createdMs }) => createdMs ?? []);
  if (created.length > 0) encodeValues(Float64Array.from(created), out);
  encodeValues(
    column(histograms, (h) => h.count),
    out,
  );
  encodeValues(
    column(histograms, (h) => h.zeroCount),
    out,
  );
  const sums = column(histograms, (h) => h.sum);
  histograms.forEach(({ isStale }, i) => {
    if (isStale) setStaleAt(bitsOf(sums), i);
  });
  encodeValues(sums, out);
  for (const side of ['positive', 'negative'] as const) {
    for (const counts of bucketColumns(histograms, { union, layouts, layoutOf }, side)) {
      encodeValues(counts, out);
    }
  }
}

function stateOf({ resetHint, createdMs }: NativeHistogram): number {
  return RESET_HINTS.indexOf(resetHint) | (createdMs === undefined ? 0 : HAS_CREATED);
}

function column(
  histograms: readonly NativeHistogram[],
  read: (histogram: NativeHistogram) => number,
): Float64Array {
  return Float64Array.from(histograms, read);
}

/** By bucket of the union: its counts over time, 0 where an entry has no such bucket. */
function bucketColumns(
  histograms: readonly NativeHistogram[],
  { union, layouts, layoutOf }: Omit<Block, 'histograms'>,
  side: 'positive' | 'negative',
): Float64Array[] {
  const places = layouts.map((layout) => placesIn(union[side], layout[`${side}Spans`]));
  const columns = Array.from(union[side], () => new Float64Array(histograms.length));
  histograms.forEach((histogram, i) => {
    const counts = histogram[`${side}Counts`];
    (places[layoutOf[i] as number] as Int32Array).forEach((place, k) => {
      // `set` keeps the bits of a NaN.
      (columns[place] as Float64Array).set(counts.subarray(k, k + 1), i);
    });
  });
  return columns;
}

/** Where each bucket of some spans stands in the union. */
function placesIn(union: Int32Array, spans: Int32Array): Int32Array {
  const placeOf = new Map<number, number>();
  union.forEach((index, place) => {
    placeOf.set(index, place);
  });
  return bucketIndexes(spans).map((index) => placeOf.get(index) as number);
}

/** Runs of equal numbers: each number and how often it stands there, less 1. */
function writeLengths(numbers: readonly number[], out: ByteWriter): void {
  for (let from = 0; from < numbers.length; ) {
    let to = from + 1;
    while (to < numbers.length && numbers[to] === numbers[from]) to++;
    out.varint(numbers[from] as number);
    out.varint(to - from - 1);
    from = to;
  }
}

function readLengths(reader: ByteReader, count: number, end: number): Uint32Array {
  const numbers = new Uint32Array(count);
  for (let from = 0; from < count; ) {
    const number = reader.varint();
    const to = from + reader.varint() + 1;
    if (number >= end || to > count) throw new MalformedBytes(`${number} until ${to} of ${count}`);
    numbers.fill(number, from, to);
    from = to;
  }
  return numbers;
}

/** Histograms decoded from a column, without their times. */
export type HistogramEntries = Omit<HistogramRun, 'timestampsMs'>;

/**
 * Reads `count` entries.
 *
 * @throws MalformedBytes
 */
export function decodeHistograms(reader: ByteReader, count: number): HistogramEntries {
  const out = new ByteWriter(256);
  const byteOffsets = new Uint32Array(count + 1);
  for (let at = 0; at < count; ) {
    for (const histogram of decodeBlock(reader, count - at)) {
      encodeHistogram(histogram, out);
      byteOffsets[++at] = out.length;
    }
  }
  return { byteOffsets, bytes: out.copy() };
}

function decodeBlock(reader: ByteReader, countMax: number): NativeHistogram[] {
  const count = reader.varint();
  if (count === 0 || count > Math.min(countMax, BLOCK_ENTRIES_MAX)) {
    throw new MalformedBytes(`a block of ${count} histograms where ${countMax} are left`);
  }
  const layouts = readLayouts(reader, count);
  const layoutOf =
    layouts.length > 1 ? readLengths(reader, count, layouts.length) : new Uint32Array(count);
  const states = readLengths(reader, count, 2 * HAS_CREATED);
  const created = new Float64Array(states.filter((state) => state & HAS_CREATED).length);
  if (created.length > 0) decodeValues(reader, created);
  const [counts, zeroCounts, sums] = [0, 1, 2].map(() => readColumn(reader, count));
  const { positive, negative } = unionOf(layouts);
  const positives = Array.from(positive, () => readColumn(reader, count));
  const negatives = Array.from(negative, () => readColumn(reader, count));
  const sumBits = bitsOf(sums as Float64Array);
  const places = layouts.map(({ positiveSpans, negativeSpans }) => ({
    positive: placesIn(positive, positiveSpans),
    negative: placesIn(negative, negativeSpans),
  }));
  let createdAt = 0;
  return Array.from({ length: count }, (_, i) => {
    const number = layoutOf[i] as number;
    const state = states[i] as number;
    const place = places[number] as (typeof places)[number];
    return checked({
      ...(layouts[number] as HistogramLayout),
      resetHint: RESET_HINTS[state & HINT_BITS] ?? 'unknown',
      createdMs: state & HAS_CREATED ? (created[createdAt++] as number) : undefined,
      isStale: isStaleAt(sumBits, i),
      count: counts?.[i] as number,
      zeroCount: zeroCounts?.[i] as number,
      sum: sums?.[i] as number,
      positiveCounts: Float64Array.from(place.positive, (k) => positives[k]?.[i] as number),
      negativeCounts: Float64Array.from(place.negative, (k) => negatives[k]?.[i] as number),
    });
  });
}

/** A histogram that can be written again. */
function checked(histogram: NativeHistogram): NativeHistogram {
  if (histogram.kind === 'integer' && !hasWholeCounts(histogram)) {
    throw new MalformedBytes('an integer histogram with counts that are not whole');
  }
  if (!Number.isSafeInteger(histogram.createdMs ?? 0)) {
    throw new MalformedBytes('a time of creation that is no whole number');
  }
  return histogram;
}

function readColumn(reader: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  decodeValues(reader, values);
  return values;
}

function readLayouts(reader: ByteReader, entries: number): HistogramLayout[] {
  const count = reader.varint();
  if (count === 0 || count > entries) throw new MalformedBytes(`${count} layouts`);
  const layouts: HistogramLayout[] = [];
  let buckets = 0;
  for (let i = 0; i < count; i++) {
    const layout = decodeLayout(reader);
    layouts.push(layout);
    const { positive, negative } = unionOf([layout]);
    buckets = Math.max(buckets, positive.length + negative.length);
  }
  const { positive, negative } = unionOf(layouts);
  const together = positive.length + negative.length;
  const most = Math.max(UNION_FREE, UNION_FACTOR * Math.min(buckets, 2 * HISTOGRAM_BUCKETS_MAX));
  if (together > most) throw new MalformedBytes(`a block of ${together} buckets`);
  return layouts;
}
