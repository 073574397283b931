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
import { ProtobufWriter, SAMPLE_BYTES_MAX } from './protobuf-writer.ts';
import { METRIC_TYPES } from './remote-write.ts';
import { packSnappy } from './snappy.ts';

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
export function encodeLabels(labels: Labels): Uint8Array {
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
