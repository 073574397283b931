/**
 * Remote write 1.0, the sending side: columns and metadata into a packed body.
 *
 * Source: prometheus/prometheus prompb/remote.proto, prompb/types.proto; the specification at
 * prometheus.io/docs/specs/prw/remote_write_spec.
 */
import type { SampleColumns } from '../model/appender.ts';
import type { Labels } from '../model/labels.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { bitsOf } from '../model/sample.ts';
import { METRIC_TYPES } from './remote-write.ts';
import { packSnappy } from './snappy.ts';

/** Bytes of a sample field at most: tag, length, double, 10-byte timestamp. */
const SAMPLE_BYTES_MAX = 22;
const UTF8 = new TextEncoder();

/** Series `from` to `to` (not included) of the columns, and metadata, as a snappy-packed body. */
export function encodeRemoteWrite(
  columns: SampleColumns,
  metadata: readonly MetricMetadata[] = [],
  range: { readonly from: number; readonly to: number } = { from: 0, to: columns.labels.length },
): Uint8Array<ArrayBuffer> {
  return packSnappy(encodeWriteRequest(columns, metadata, range));
}

/** The same before it is packed. */
export function encodeWriteRequest(
  columns: SampleColumns,
  metadata: readonly MetricMetadata[],
  range: { readonly from: number; readonly to: number },
): Uint8Array {
  const out = new ProtobufWriter(1024);
  const valueBits = bitsOf(columns.values);
  for (let i = range.from; i < range.to; i++) {
    const labels = encodeLabels(columns.labels[i] as Labels);
    const first = columns.sampleOffsets[i] as number;
    const last = columns.sampleOffsets[i + 1] as number;
    out.startMessage(0x0a, labels.length + (last - first) * SAMPLE_BYTES_MAX);
    out.bytes(labels);
    for (let k = first; k < last; k++) {
      const low = valueBits[2 * k] as number;
      const high = valueBits[2 * k + 1] as number;
      out.sample(columns.timestampsMs[k] as number, low, high);
    }
    out.endMessage();
  }
  for (const entry of metadata) out.message(0x1a, encodeMetadata(entry));
  return out.taken();
}

/** The `labels` fields of one TimeSeries; a sender may keep them per series. */
function encodeLabels(labels: Labels): Uint8Array {
  const out = new ProtobufWriter(256);
  for (let i = 0; i < labels.length; i += 2) {
    const name = UTF8.encode(labels[i]);
    const value = UTF8.encode(labels[i + 1]);
    out.startMessage(0x0a, name.length + value.length + 12);
    out.message(0x0a, name);
    out.message(0x12, value);
    out.endMessage();
  }
  return out.taken();
}

function encodeMetadata(entry: MetricMetadata): Uint8Array {
  const out = new ProtobufWriter(128);
  out.byte(0x08);
  out.varint(METRIC_TYPES.indexOf(entry.type));
  out.message(0x12, UTF8.encode(entry.metric));
  if (entry.help !== '') out.message(0x22, UTF8.encode(entry.help));
  if (entry.unit !== '') out.message(0x2a, UTF8.encode(entry.unit));
  return out.taken();
}

/** Appends protobuf fields to a buffer that grows. */
class ProtobufWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;
  #messageFrom = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  varint(value: number): void {
    this.#reserve(10);
    this.#varint(value);
  }

  bytes(part: Uint8Array): void {
    this.#reserve(part.length);
    this.#bytes.set(part, this.#at);
    this.#at += part.length;
  }

  message(tag: number, content: Uint8Array): void {
    this.#reserve(content.length + 6);
    this.#bytes[this.#at++] = tag;
    this.#varint(content.length);
    this.bytes(content);
  }

  /** Opens a message whose content is written in place; one may be open at a time. */
  startMessage(tag: number, contentBytesMax: number): void {
    this.#reserve(contentBytesMax + 6);
    this.#bytes[this.#at++] = tag;
    this.#messageFrom = this.#at;
  }

  /** Puts the length before the content of the open message. */
  endMessage(): void {
    const length = this.#at - this.#messageFrom;
    const prefixBytes = varintBytes(length);
    this.#reserve(prefixBytes);
    this.#bytes.copyWithin(this.#messageFrom + prefixBytes, this.#messageFrom, this.#at);
    const end = this.#at + prefixBytes;
    this.#at = this.#messageFrom;
    this.#varint(length);
    this.#at = end;
  }

  /** A Sample; like the official encoders it leaves out what is zero. */
  sample(timestampMs: number, low: number, high: number): void {
    const hasValue = (low | high) !== 0;
    this.#bytes[this.#at++] = 0x12;
    const lengthAt = this.#at++;
    if (hasValue) {
      this.#bytes[this.#at++] = 0x09;
      this.#view.setUint32(this.#at, low, true);
      this.#view.setUint32(this.#at + 4, high, true);
      this.#at += 8;
    }
    if (timestampMs !== 0) {
      this.#bytes[this.#at++] = 0x10;
      this.#varint(timestampMs);
    }
    this.#bytes[lengthAt] = this.#at - lengthAt - 1;
  }

  #varint(value: number): void {
    if (value < 0) {
      this.#negativeVarint(value);
      return;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  /** A negative int64 is its complement's bits inverted, always 10 bytes. */
  #negativeVarint(value: number): void {
    let inverse = -1 - value;
    for (let i = 0; i < 9; i++) {
      this.#bytes[this.#at++] = (~inverse & 127) | 128;
      inverse = Math.floor(inverse / 128);
    }
    this.#bytes[this.#at++] = 1;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const next = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes));
    next.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = next;
    this.#view = new DataView(next.buffer);
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
