/**
 * The Histogram and BucketSpan messages of remote write, which 1.0 and 2.0 have in common.
 *
 * Source: prometheus/prometheus prompb/types.proto, prompb/io/prometheus/write/v2/types.proto.
 */
import { type NativeHistogram, newHistogram, RESET_HINTS } from '../model/histogram.ts';
import { isStaleAt } from '../model/sample.ts';
import type { TimedHistogram } from '../model/series-lanes.ts';
import {
  bodyError,
  type Cursor,
  readDouble,
  readInt64,
  readLength,
  readVarint32,
  skipField,
  WIRE_BYTES,
  WIRE_FIXED64,
  WIRE_VARINT,
} from './protobuf-reader.ts';

/** Numbers gathered from fields that may be packed or stand one by one. */
interface Gathered {
  readonly negativeSpans: number[];
  readonly positiveSpans: number[];
  readonly negativeDeltas: number[];
  readonly positiveDeltas: number[];
  readonly negativeCounts: number[];
  readonly positiveCounts: number[];
  readonly customBounds: number[];
}

type Single = {
  -readonly [field in
    | 'kind'
    | 'schema'
    | 'count'
    | 'zeroCount'
    | 'zeroThreshold'
    | 'resetHint'
    | 'createdMs']: NativeHistogram[field];
} & { timestampMs: number };

const one = new Float64Array(1);
const oneBits = new Uint32Array(one.buffer);

/**
 * Reads one Histogram message; whether its content makes sense is for `histogramFault`.
 *
 * @throws MonError `bad-body`
 */
export function readHistogram(cursor: Cursor, end: number): TimedHistogram {
  const single: Single = {
    kind: 'integer',
    schema: 0,
    count: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    resetHint: 'unknown',
    createdMs: undefined,
    timestampMs: 0,
  };
  const lists: Gathered = {
    negativeSpans: [],
    positiveSpans: [],
    negativeDeltas: [],
    positiveDeltas: [],
    negativeCounts: [],
    positiveCounts: [],
    customBounds: [],
  };
  let sum = 0;
  let isStale = false;
  while (cursor.at < end) {
    const from = cursor.at;
    const tag = readVarint32(cursor, end);
    const field = tag >>> 3;
    const wire = tag & 7;
    if (field === 0) throw bodyError(from, 'a field has the number 0');
    if (field === 3 && wire === WIRE_FIXED64) {
      isStale = isStaleAhead(cursor, end);
      sum = readDouble(cursor, end);
    } else if (!readSingle(single, { field, wire }, { cursor, end })) {
      if (!readList(lists, { field, wire }, { cursor, end })) skipField(cursor, wire, end);
    }
  }
  return { timestampMs: single.timestampMs, histogram: made(single, lists, { sum, isStale }) };
}

/** The marker is told by its bits, which a number in between might lose. */
function isStaleAhead({ view, at }: Cursor, end: number): boolean {
  if (end - at < 8) return false;
  oneBits[0] = view.getUint32(at, true);
  oneBits[1] = view.getUint32(at + 4, true);
  return isStaleAt(oneBits, 0);
}

interface Field {
  readonly field: number;
  readonly wire: number;
}

interface Range {
  readonly cursor: Cursor;
  readonly end: number;
}

/** Reads a field that stands once; false where it is none of them. */
function readSingle(single: Single, { field, wire }: Field, { cursor, end }: Range): boolean {
  if (wire === WIRE_VARINT) {
    if (field === 1) single.count = readInt64(cursor, end);
    else if (field === 4) single.schema = unzigzag(readInt64(cursor, end));
    else if (field === 6) single.zeroCount = readInt64(cursor, end);
    else if (field === 14) {
      single.resetHint = RESET_HINTS[readInt64(cursor, end)] ?? 'unknown';
    } else if (field === 15) single.timestampMs = readInt64(cursor, end);
    else if (field === 17) single.createdMs = readInt64(cursor, end) || undefined;
    else return false;
    return true;
  }
  if (wire !== WIRE_FIXED64) return false;
  if (field === 2) {
    single.kind = 'float';
    single.count = readDouble(cursor, end);
  } else if (field === 5) single.zeroThreshold = readDouble(cursor, end);
  else if (field === 7) single.zeroCount = readDouble(cursor, end);
  else return false;
  return true;
}

/** Fields of numbers, by number: where they go and how one is read. */
const LISTS: Readonly<Record<number, readonly [keyof Gathered, 'delta' | 'double']>> = {
  9: ['negativeDeltas', 'delta'],
  10: ['negativeCounts', 'double'],
  12: ['positiveDeltas', 'delta'],
  13: ['positiveCounts', 'double'],
  16: ['customBounds', 'double'],
};

function readList(lists: Gathered, { field, wire }: Field, { cursor, end }: Range): boolean {
  if ((field === 8 || field === 11) && wire === WIRE_BYTES) {
    readSpan(lists[field === 8 ? 'negativeSpans' : 'positiveSpans'], cursor, end);
    return true;
  }
  const known = LISTS[field];
  if (known === undefined) return false;
  const [name, form] = known;
  const own = form === 'delta' ? WIRE_VARINT : WIRE_FIXED64;
  const isPacked = wire === WIRE_BYTES;
  if (!isPacked && wire !== own) return false;
  const to = isPacked ? readLength(cursor, end) : cursor.at + 1;
  while (cursor.at < to) {
    const limit = isPacked ? to : end;
    const entry = form === 'delta' ? unzigzag(readInt64(cursor, limit)) : readDouble(cursor, limit);
    lists[name].push(entry);
  }
  return true;
}

function readSpan(spans: number[], cursor: Cursor, end: number): void {
  const to = readLength(cursor, end);
  let offset = 0;
  let length = 0;
  while (cursor.at < to) {
    const tag = readVarint32(cursor, to);
    if (tag === 0x08) offset = unzigzag(readInt64(cursor, to));
    else if (tag === 0x10) length = readVarint32(cursor, to);
    else skipField(cursor, tag & 7, to);
  }
  spans.push(offset, length);
}

function unzigzag(n: number): number {
  return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
}

function made(
  single: Single,
  lists: Gathered,
  { sum, isStale }: { readonly sum: number; readonly isStale: boolean },
): NativeHistogram {
  const { timestampMs: _, ...fields } = single;
  const isFloat = single.kind === 'float';
  return newHistogram({
    ...fields,
    sum,
    isStale,
    positiveSpans: Int32Array.from(lists.positiveSpans),
    negativeSpans: Int32Array.from(lists.negativeSpans),
    positiveCounts: isFloat ? Float64Array.from(lists.positiveCounts) : sums(lists.positiveDeltas),
    negativeCounts: isFloat ? Float64Array.from(lists.negativeCounts) : sums(lists.negativeDeltas),
    customBounds: Float64Array.from(lists.customBounds),
  });
}

/** Integer counts travel as differences between neighbours. */
function sums(deltas: readonly number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(deltas, (delta) => {
    sum += delta;
    return sum;
  });
}
