/**
 * Native histograms and exemplars of a remote-write body, read in a pass of their own: few bodies
 * have any, and the walk over samples says so.
 */
import type { Exemplar } from '../model/exemplar.ts';
import { labelsFromPairs } from '../model/labels.ts';
import type { SeriesLanes, TimedHistogram } from '../model/series-lanes.ts';
import { readHistogram } from './histogram-message.ts';
import {
  bodyError,
  type Cursor,
  cursorOver,
  readDouble,
  readInt64,
  readLength,
  readVarint32,
  skipField,
} from './protobuf-reader.ts';
import { type RemoteWrite2Walk, readSymbolPairs } from './remote-write-2.ts';

const TAG_SERIES_1 = 0x0a;
const TAG_SERIES_2 = 0x2a;
const TAG_LABEL = 0x0a;
const TAG_VALUE = 0x11;
const TAG_TIMESTAMP = 0x18;

/** How a version of the protocol writes a series. */
interface Dialect {
  readonly series: number;
  readonly histogram: number;
  readonly exemplar: number;
  /** The labels of series number `i`. */
  pairs(i: number, cursor: Cursor, end: number): readonly string[];
  exemplarPairs(cursor: Cursor, end: number): readonly string[];
}

/** @throws MonError `bad-body` */
export function readLanes1(bytes: Uint8Array): SeriesLanes[] {
  return readLanes(bytes, {
    series: TAG_SERIES_1,
    histogram: 0x22,
    exemplar: 0x1a,
    pairs: (_, cursor, end) => readPairs(cursor, end),
    exemplarPairs: readPairs,
  });
}

/**
 * @param walk that has passed over these bytes
 * @throws MonError `bad-body`
 */
export function readLanes2(bytes: Uint8Array, walk: RemoteWrite2Walk): SeriesLanes[] {
  return readLanes(bytes, {
    series: TAG_SERIES_2,
    histogram: 0x1a,
    exemplar: 0x22,
    pairs: (i) => readSymbolPairs(walk, i),
    exemplarPairs: (cursor, end) => readReferences(walk, cursor, end),
  });
}

function readLanes(bytes: Uint8Array, dialect: Dialect): SeriesLanes[] {
  const found: SeriesLanes[] = [];
  const cursor = cursorOver(bytes);
  let series = 0;
  while (cursor.at < bytes.length) {
    const tag = readVarint32(cursor, bytes.length);
    if (tag !== dialect.series) {
      skipField(cursor, tag & 7, bytes.length);
      continue;
    }
    const end = readLength(cursor, bytes.length);
    const lanes = readSeries(dialect, series++, { cursor, end });
    if (lanes !== undefined) found.push(lanes);
    cursor.at = end;
  }
  return found;
}

function readSeries(
  dialect: Dialect,
  number: number,
  { cursor, end }: { readonly cursor: Cursor; readonly end: number },
): SeriesLanes | undefined {
  const from = cursor.at;
  const histograms: TimedHistogram[] = [];
  const exemplars: Exemplar[] = [];
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag === dialect.histogram) histograms.push(readHistogram(cursor, readLength(cursor, end)));
    else if (tag === dialect.exemplar) {
      exemplars.push(readExemplar(dialect, cursor, readLength(cursor, end)));
    } else skipField(cursor, tag & 7, end);
  }
  if (histograms.length + exemplars.length === 0) return undefined;
  cursor.at = from;
  return { pairs: dialect.pairs(number, cursor, end), histograms, exemplars };
}

function readExemplar(dialect: Dialect, cursor: Cursor, end: number): Exemplar {
  const from = cursor.at;
  let value = 0;
  let timestampMs = 0;
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag === TAG_VALUE) value = readDouble(cursor, end);
    else if (tag === TAG_TIMESTAMP) timestampMs = readInt64(cursor, end);
    else skipField(cursor, tag & 7, end);
  }
  cursor.at = from;
  const texts = dialect.exemplarPairs(cursor, end);
  cursor.at = end;
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) {
    pairs.push([texts[i] as string, texts[i + 1] as string]);
  }
  return { labels: labelsFromPairs(pairs), value, timestampMs };
}

/** The Label messages of a message. */
function readPairs(cursor: Cursor, end: number): string[] {
  const pairs: string[] = [];
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag !== TAG_LABEL) {
      skipField(cursor, tag & 7, end);
      continue;
    }
    const to = readLength(cursor, end);
    let name = '';
    let value = '';
    while (cursor.at < to) {
      const field = readVarint32(cursor, to);
      if (field === 0x0a) name = readText(cursor, to);
      else if (field === 0x12) value = readText(cursor, to);
      else skipField(cursor, field & 7, to);
    }
    pairs.push(name, value);
  }
  return pairs;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readText(cursor: Cursor, end: number): string {
  const to = readLength(cursor, end);
  const from = cursor.at;
  cursor.at = to;
  try {
    return UTF8.decode(cursor.bytes.subarray(from, to));
  } catch {
    throw bodyError(from, 'a text is not UTF-8');
  }
}

/** The symbols that a message refers to, packed or one by one. */
function readReferences(walk: RemoteWrite2Walk, cursor: Cursor, end: number): string[] {
  const texts: string[] = [];
  const add = (ref: number) => {
    if (ref >= walk.symbolCount) {
      throw bodyError(cursor.at, `label reference ${ref} of an exemplar is out of range`);
    }
    texts.push(walk.text(ref));
  };
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag === 0x0a) {
      const to = readLength(cursor, end);
      while (cursor.at < to) add(readVarint32(cursor, to));
    } else if (tag === 0x08) add(readVarint32(cursor, end));
    else skipField(cursor, tag & 7, end);
  }
  if (texts.length % 2 !== 0) {
    throw bodyError(end, 'an exemplar has an odd number of label references');
  }
  return texts;
}
