/**
 * Remote write 1.0: a walk over the unpacked protobuf that leaves columns and never makes a string
 * of a label. Series are byte ranges; who knows a series by its label bytes need not parse them.
 *
 * Bodies are refused as a whole: the walk ends before anything is stored.
 * Source: prometheus/prometheus prompb/remote.proto, prompb/types.proto.
 */
import type { SampleColumns } from '../model/appender.ts';
import { assert } from '../model/assert.ts';
import type { Labels } from '../model/labels.ts';
import type { MetricMetadata, MetricType } from '../model/metadata.ts';
import {
  bodyError,
  type Cursor,
  cursorOver,
  readInt64,
  readLength,
  readText,
  readVarint32,
  skipField,
  skipOther,
} from './protobuf-reader.ts';

const TAG_BYTES_1 = 0x0a;
const TAG_BYTES_2 = 0x12;
const TAG_BYTES_3 = 0x1a;
const TAG_BYTES_4 = 0x22;
const TAG_BYTES_5 = 0x2a;
const TAG_VARINT_1 = 0x08;
const TAG_VARINT_2 = 0x10;
const TAG_DOUBLE_1 = 0x09;

/** `MetricMetadata.MetricType` of the protobuf, by number. */
export const METRIC_TYPES: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
];

/**
 * What a walk leaves: for each series where it stands in the body, and its samples as columns. The
 * columns are reused from walk to walk and are longer than their content.
 */
export class RemoteWriteWalk {
  bytes: Uint8Array = new Uint8Array(0);
  seriesCount = 0;
  sampleCount = 0;
  /** Met and passed over; `series-lanes.ts` reads them. */
  histogramCount = 0;
  exemplarCount = 0;
  /** [n] the TimeSeries message */
  seriesFrom = new Uint32Array(256);
  seriesTo = new Uint32Array(256);
  /** [n] its label fields, if they stand together; else both are 0. */
  labelsFrom = new Uint32Array(256);
  labelsTo = new Uint32Array(256);
  /** [n+1] */
  sampleOffsets = new Uint32Array(257);
  timestampsMs = new Float64Array(256);
  values = new Float64Array(256);
  metadata: MetricMetadata[] = [];
  /** The words of `values`: samples are moved as bits, since a staleness marker is a NaN. */
  valueBits = new Uint32Array(this.values.buffer);

  /** @throws MonError `bad-body` */
  walk(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.seriesCount = 0;
    this.sampleCount = 0;
    this.histogramCount = 0;
    this.exemplarCount = 0;
    this.metadata = [];
    const cursor = cursorOver(bytes);
    const end = bytes.length;
    while (cursor.at < end) {
      const from = cursor.at;
      const tag = readVarint32(cursor, end);
      if (tag === TAG_BYTES_1) {
        const to = readLength(cursor, end);
        this.#walkSeries(cursor, to);
      } else if (tag === TAG_BYTES_3) {
        this.metadata.push(readMetadata(cursor, readLength(cursor, end)));
      } else {
        if (tag >>> 3 === 0) throw bodyError(from, 'a field has the number 0');
        skipField(cursor, tag & 7, end);
      }
    }
    this.sampleOffsets[this.seriesCount] = this.sampleCount;
  }

  /**
   * One TimeSeries. The usual bytes, tags and lengths of one byte each, are read in place; whatever
   * else stands there goes through the cursor.
   */
  #walkSeries(cursor: Cursor, end: number): void {
    if (this.seriesCount === this.seriesFrom.length) this.#growSeries();
    const series = this.seriesCount++;
    const { bytes } = cursor;
    let at = cursor.at;
    this.seriesFrom[series] = at;
    this.seriesTo[series] = end;
    this.sampleOffsets[series] = this.sampleCount;
    let labelsFrom = at;
    let labelsTo = at;
    let isScattered = false;
    while (at < end) {
      const tag = bytes[at] as number;
      if (tag === TAG_BYTES_1) {
        if (labelsTo !== at) {
          isScattered ||= labelsTo !== labelsFrom;
          labelsFrom = at;
        }
        const length = bytes[at + 1] as number;
        if (length < 0x80 && at + 2 + length <= end) at += 2 + length;
        else {
          cursor.at = at + 1;
          at = readLength(cursor, end);
        }
        labelsTo = at;
      } else if (tag === TAG_BYTES_2) {
        cursor.at = at + 1;
        this.#readSample(cursor, readLength(cursor, end));
        at = cursor.at;
      } else {
        if (tag === TAG_BYTES_4) this.histogramCount++;
        else if (tag === TAG_BYTES_3) this.exemplarCount++;
        cursor.at = at;
        skipOther(cursor, end);
        at = cursor.at;
      }
    }
    cursor.at = at;
    this.labelsFrom[series] = isScattered ? 0 : labelsFrom;
    this.labelsTo[series] = isScattered ? 0 : labelsTo;
  }

  #readSample(cursor: Cursor, end: number): void {
    if (this.sampleCount === this.values.length) this.#growSamples();
    const sample = this.sampleCount++;
    const { bytes, view } = cursor;
    let at = cursor.at;
    let timestampMs = 0;
    // Zero and absent are the same in proto3.
    let low = 0;
    let high = 0;
    while (at < end) {
      const tag = bytes[at] as number;
      if (tag === TAG_DOUBLE_1 && end - at >= 9) {
        low = view.getUint32(at + 1, true);
        high = view.getUint32(at + 5, true);
        at += 9;
      } else if (tag === TAG_VARINT_2) {
        cursor.at = at + 1;
        timestampMs = readInt64(cursor, end);
        at = cursor.at;
      } else {
        if (tag === TAG_DOUBLE_1) throw bodyError(at + 1, 'the message ends within a double');
        cursor.at = at;
        skipOther(cursor, end);
        at = cursor.at;
      }
    }
    cursor.at = at;
    this.valueBits[2 * sample] = low;
    this.valueBits[2 * sample + 1] = high;
    this.timestampsMs[sample] = timestampMs;
  }

  #growSeries(): void {
    const length = this.seriesFrom.length * 2;
    this.seriesFrom = grown(this.seriesFrom, length);
    this.seriesTo = grown(this.seriesTo, length);
    this.labelsFrom = grown(this.labelsFrom, length);
    this.labelsTo = grown(this.labelsTo, length);
    this.sampleOffsets = grown(this.sampleOffsets, length + 1);
  }

  #growSamples(): void {
    const length = this.values.length * 2;
    const timestampsMs = new Float64Array(length);
    timestampsMs.set(this.timestampsMs);
    this.timestampsMs = timestampsMs;
    this.valueBits = grown(this.valueBits, length * 2);
    this.values = new Float64Array(this.valueBits.buffer);
  }
}

function grown(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(column);
  return longer;
}

function readMetadata(cursor: Cursor, end: number): MetricMetadata {
  let type = 0;
  let metric = '';
  let help = '';
  let unit = '';
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag === TAG_VARINT_1) type = readInt64(cursor, end);
    else if (tag === TAG_BYTES_2) metric = readText(cursor, end);
    else if (tag === TAG_BYTES_4) help = readText(cursor, end);
    else if (tag === TAG_BYTES_5) unit = readText(cursor, end);
    else skipField(cursor, tag & 7, end);
  }
  return { metric, type: METRIC_TYPES[type] ?? 'unknown', help, unit };
}

/** Where series stand in a body. */
export interface WalkedSeries {
  readonly bytes: Uint8Array;
  readonly seriesCount: number;
  readonly seriesFrom: Uint32Array;
  readonly seriesTo: Uint32Array;
}

/**
 * The labels of one series of a walk as they stand there: name, value, name, value, ..., in the
 * sender's order and unchecked.
 *
 * @throws MonError `bad-body` where a label is cut short or not UTF-8
 */
export function readLabelPairs(walk: WalkedSeries, series: number): string[] {
  assert(series < walk.seriesCount, 'no such series in the walk');
  const { bytes } = walk;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const cursor = cursorOver(bytes);
  cursor.at = walk.seriesFrom[series] as number;
  const end = walk.seriesTo[series] as number;
  const pairs: string[] = [];
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag !== TAG_BYTES_1) {
      skipField(cursor, tag & 7, end);
      continue;
    }
    const labelEnd = readLength(cursor, end);
    let name = '';
    let value = '';
    while (cursor.at < labelEnd) {
      const field = readVarint32(cursor, labelEnd);
      if (field === TAG_BYTES_1) name = sliceText(text, cursor, labelEnd);
      else if (field === TAG_BYTES_2) value = sliceText(text, cursor, labelEnd);
      else skipField(cursor, field & 7, labelEnd);
    }
    pairs.push(name, value);
  }
  return pairs;
}

/** A text where most are short ASCII: several times as fast as a TextDecoder. */
function sliceText(text: Buffer, cursor: Cursor, end: number): string {
  const from = cursor.at;
  const to = readLength(cursor, end);
  const start = cursor.at;
  cursor.at = to;
  for (let i = start; i < to; i++) {
    if ((text[i] as number) >= 0x80) {
      cursor.at = from;
      return readText(cursor, end);
    }
  }
  return text.toString('latin1', start, to);
}

/**
 * Decodes an unpacked body whole, labels as sent; for tests and for receivers without shards.
 *
 * @throws MonError `bad-body`
 */
export function decodeRemoteWrite(plain: Uint8Array): {
  readonly columns: SampleColumns;
  readonly metadata: readonly MetricMetadata[];
} {
  const walk = new RemoteWriteWalk();
  walk.walk(plain);
  const labels: Labels[] = [];
  for (let i = 0; i < walk.seriesCount; i++) labels.push(readLabelPairs(walk, i));
  const columns = {
    labels,
    sampleOffsets: walk.sampleOffsets.slice(0, walk.seriesCount + 1),
    timestampsMs: walk.timestampsMs.slice(0, walk.sampleCount),
    values: walk.values.slice(0, walk.sampleCount),
  };
  return { columns, metadata: walk.metadata };
}
