/**
 * The layout of a native histogram as bytes: what neighbouring samples of a series mostly share.
 * Format: docs/formats/histograms.md.
 */
import {
  BUCKET_INDEX_ABS_MAX,
  CUSTOM_SCHEMA,
  HISTOGRAM_BUCKETS_MAX,
  type NativeHistogram,
  SCHEMA_MAX,
  SCHEMA_MIN,
} from '../model/histogram.ts';
import { bitsOf } from '../model/sample.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MalformedBytes } from './malformed-bytes.ts';

export type HistogramLayout = Pick<
  NativeHistogram,
  'kind' | 'schema' | 'zeroThreshold' | 'positiveSpans' | 'negativeSpans' | 'customBounds'
>;

const IS_FLOAT = 0x01;
const SCHEMA_SHIFT = 1;
const SCHEMA_BITS = 0x0f;
const CUSTOM_CODE = 15;
const HAS_NEGATIVE = 0x20;

/** Threshold codes 1 to 254 are powers of two: 2^(code - POWER_BIAS). */
const POWER_BIAS = 243;
const THRESHOLD_LITERAL = 255;

const one = new Float64Array(1);
const oneBits = bitsOf(one);

/** The bits of a double as they are in memory, NaNs as the engine has them. */
export function writeDouble(value: number, out: ByteWriter): void {
  one[0] = value;
  out.u32(oneBits[0] as number);
  out.u32(oneBits[1] as number);
}

export function readDouble(reader: ByteReader): number {
  oneBits[0] = reader.u32();
  oneBits[1] = reader.u32();
  return one[0] as number;
}

export function encodeLayout(layout: HistogramLayout, out: ByteWriter): void {
  const { kind, schema, zeroThreshold, positiveSpans, negativeSpans, customBounds } = layout;
  const code = schema === CUSTOM_SCHEMA ? CUSTOM_CODE : schema - SCHEMA_MIN;
  const hasNegative = negativeSpans.length > 0;
  out.u8(
    (kind === 'float' ? IS_FLOAT : 0) | (code << SCHEMA_SHIFT) | (hasNegative ? HAS_NEGATIVE : 0),
  );
  writeThreshold(zeroThreshold, out);
  if (schema === CUSTOM_SCHEMA) {
    out.varint(customBounds.length);
    for (const bound of customBounds) writeDouble(bound, out);
  }
  writeSpans(positiveSpans, out);
  if (hasNegative) writeSpans(negativeSpans, out);
}

function writeThreshold(threshold: number, out: ByteWriter): void {
  if (Object.is(threshold, 0)) {
    out.u8(0);
    return;
  }
  const power = Math.round(Math.log2(threshold));
  const code = power + POWER_BIAS;
  const isPower = threshold > 0 && 2 ** power === threshold;
  if (isPower && code > 0 && code < THRESHOLD_LITERAL) {
    out.u8(code);
    return;
  }
  out.u8(THRESHOLD_LITERAL);
  writeDouble(threshold, out);
}

function readThreshold(reader: ByteReader): number {
  const code = reader.u8();
  if (code === 0) return 0;
  return code === THRESHOLD_LITERAL ? readDouble(reader) : 2 ** (code - POWER_BIAS);
}

function writeSpans(spans: Int32Array, out: ByteWriter): void {
  out.varint(spans.length / 2);
  for (let i = 0; i < spans.length; i += 2) {
    out.signed(spans[i] as number);
    out.varint(spans[i + 1] as number);
  }
}

/** @throws MalformedBytes */
export function decodeLayout(reader: ByteReader): HistogramLayout {
  const head = reader.u8();
  const code = (head >>> SCHEMA_SHIFT) & SCHEMA_BITS;
  const schema = code === CUSTOM_CODE ? CUSTOM_SCHEMA : code + SCHEMA_MIN;
  if (schema > SCHEMA_MAX) throw new MalformedBytes(`a histogram of schema ${schema}`);
  const zeroThreshold = readThreshold(reader);
  let customBounds = new Float64Array(0);
  if (schema === CUSTOM_SCHEMA) {
    const count = reader.varint();
    if (count > HISTOGRAM_BUCKETS_MAX) throw new MalformedBytes(`${count} custom bounds`);
    customBounds = new Float64Array(count);
    for (let i = 0; i < count; i++) customBounds[i] = readDouble(reader);
  }
  const positiveSpans = readSpans(reader);
  const negativeSpans = head & HAS_NEGATIVE ? readSpans(reader) : new Int32Array(0);
  const kind = head & IS_FLOAT ? 'float' : 'integer';
  return { kind, schema, zeroThreshold, positiveSpans, negativeSpans, customBounds };
}

function readSpans(reader: ByteReader): Int32Array {
  const count = reader.varint();
  // A span takes two bytes at least: what is said beyond the end is not set aside.
  if (2 * count > reader.left) throw new MalformedBytes(`${count} spans in ${reader.left} bytes`);
  const spans = new Int32Array(2 * count);
  let buckets = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const offset = reader.signed();
    const length = reader.varint();
    buckets += length;
    if (Math.abs(offset) > BUCKET_INDEX_ABS_MAX || buckets > HISTOGRAM_BUCKETS_MAX) {
      throw new MalformedBytes(`a span of ${length} buckets at ${offset}`);
    }
    spans[i] = offset;
    spans[i + 1] = length;
  }
  return spans;
}

/** Buckets that spans describe. */
export function bucketCount(spans: Int32Array): number {
  let buckets = 0;
  for (let i = 1; i < spans.length; i += 2) buckets += spans[i] as number;
  return buckets;
}

/** The index of each bucket, in the order of the spans. */
export function bucketIndexes(spans: Int32Array): Int32Array {
  const indexes = new Int32Array(bucketCount(spans));
  let index = 0;
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    index += spans[i] as number;
    for (let k = spans[i + 1] as number; k > 0; k--) indexes[at++] = index++;
  }
  return indexes;
}
