/**
 * Remote read, the answering side: samples as one message, or series after series in chunks.
 *
 * Source: prometheus/prometheus prompb/remote.proto (ReadResponse, ChunkedReadResponse),
 * storage/remote/chunked.go for the frames.
 */
import { crc32c } from '../encoding/crc32c.ts';
import type { SampleColumns } from '../model/appender.ts';
import type { Labels } from '../model/labels.ts';
import { CHUNK_SAMPLES_MAX, encodePrometheusChunk } from './prometheus-chunk.ts';
import { ProtobufWriter, varintBytes } from './protobuf-writer.ts';
import { encodeLabels, encodeWriteRequest } from './remote-write-encode.ts';
import { packSnappy } from './snappy.ts';

/** Bytes of chunks in a frame; Prometheus's own default. */
const FRAME_BYTES_MAX = 1024 * 1024;
/** Prometheus's Chunk.Encoding. */
const ENCODING_XOR = 1;

/** A packed ReadResponse: the series of each query in order. */
export function encodeReadResponse(results: readonly SampleColumns[]): Uint8Array<ArrayBuffer> {
  const out = new ProtobufWriter(1024);
  for (const columns of results) {
    const range = { from: 0, to: columns.labels.length };
    out.message(0x0a, encodeWriteRequest(columns, [], range));
  }
  return packSnappy(out.taken());
}

/** One series of a query's answer. */
export interface ReadSeries {
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  /** The words of the values. */
  readonly bits: Uint32Array;
}

/** Frames of one series: each has its labels and as many chunks as fit. */
export function* chunkedFrames(query: number, series: ReadSeries): Generator<Uint8Array> {
  const labels = encodeLabels(series.labels);
  let chunks = new ProtobufWriter(1024);
  const { timestampsMs, bits } = series;
  for (let from = 0; from < timestampsMs.length; from += CHUNK_SAMPLES_MAX) {
    const to = Math.min(from + CHUNK_SAMPLES_MAX, timestampsMs.length);
    const chunk = new ProtobufWriter(1024);
    chunk.varintField(0x08, timestampsMs[from] as number);
    chunk.varintField(0x10, timestampsMs[to - 1] as number);
    chunk.varintField(0x18, ENCODING_XOR);
    chunk.message(0x22, encodePrometheusChunk(timestampsMs, bits, { from, to }));
    chunks.message(0x12, chunk.taken());
    if (chunks.taken().length < FRAME_BYTES_MAX) continue;
    yield frame(query, labels, chunks.taken());
    chunks = new ProtobufWriter(1024);
  }
  if (chunks.taken().length > 0) yield frame(query, labels, chunks.taken());
}

/** Length as a varint, CRC32C big-endian, then a ChunkedReadResponse. */
function frame(query: number, labels: Uint8Array, chunks: Uint8Array): Uint8Array {
  const series = new ProtobufWriter(labels.length + chunks.length);
  series.bytes(labels);
  series.bytes(chunks);
  const content = new ProtobufWriter(labels.length + chunks.length + 16);
  content.message(0x0a, series.taken());
  content.varintField(0x10, query);
  const bytes = content.taken();
  const headBytes = varintBytes(bytes.length);
  const out = new ProtobufWriter(headBytes + 4 + bytes.length);
  out.varint(bytes.length);
  const crc = crc32c(bytes, 0, bytes.length);
  for (let shift = 24; shift >= 0; shift -= 8) out.byte((crc >>> shift) & 0xff);
  out.bytes(bytes);
  return out.taken();
}
