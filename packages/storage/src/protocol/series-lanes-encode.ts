/**
 * Remote write 1.0, the sending side, of native histograms and exemplars: TimeSeries messages that
 * stand behind those of `remote-write-encode.ts` in one request.
 *
 * Source: prometheus/prometheus prompb/types.proto.
 */
import type { Exemplar } from '../model/exemplar.ts';
import { type NativeHistogram, RESET_HINTS } from '../model/histogram.ts';
import { bitsOf, setStaleAt } from '../model/sample.ts';
import type { SeriesLanes, TimedHistogram } from '../model/series-lanes.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { encodeLabels } from './remote-write-encode.ts';

const TAG_SERIES = 0x0a;
const TAG_EXEMPLAR = 0x1a;
const TAG_HISTOGRAM = 0x22;

/** The messages of some series, not packed. */
export function encodeSeriesLanes(all: readonly SeriesLanes[]): Uint8Array {
  const out = new ProtobufWriter(1024);
  for (const { pairs, histograms, exemplars } of all) {
    const series = new ProtobufWriter(512);
    series.bytes(encodeLabels(pairs));
    for (const exemplar of exemplars) series.message(TAG_EXEMPLAR, encodeExemplar(exemplar));
    for (const timed of histograms) series.message(TAG_HISTOGRAM, encodeHistogramMessage(timed));
    out.message(TAG_SERIES, series.taken());
  }
  return out.taken();
}

function encodeExemplar({ labels, value, timestampMs }: Exemplar): Uint8Array {
  const out = new ProtobufWriter(128);
  out.bytes(encodeLabels(labels));
  putDouble(out, 0x11, value);
  putVarint(out, 0x18, timestampMs);
  return out.taken();
}

/** A Histogram message, which remote write 2.0 has in the same form. */
export function encodeHistogramMessage({ timestampMs, histogram }: TimedHistogram): Uint8Array {
  const out = new ProtobufWriter(256);
  const isFloat = histogram.kind === 'float';
  const sum = new Float64Array([histogram.sum]);
  if (histogram.isStale) setStaleAt(bitsOf(sum), 0);
  if (isFloat) putDouble(out, 0x11, histogram.count);
  else putVarint(out, 0x08, histogram.count);
  putDoubles(out, [0x19], sum);
  putVarint(out, 0x20, zigzag(histogram.schema));
  putDouble(out, 0x29, histogram.zeroThreshold);
  if (isFloat) putDouble(out, 0x39, histogram.zeroCount);
  else putVarint(out, 0x30, histogram.zeroCount);
  putSpans(out, 0x42, histogram.negativeSpans);
  putCounts(out, histogram, { deltas: [0x4a], counts: [0x52], of: 'negativeCounts' });
  putSpans(out, 0x5a, histogram.positiveSpans);
  putCounts(out, histogram, { deltas: [0x62], counts: [0x6a], of: 'positiveCounts' });
  putVarint(out, 0x70, RESET_HINTS.indexOf(histogram.resetHint));
  putVarint(out, 0x78, timestampMs);
  if (histogram.customBounds.length > 0) {
    packDoubles(out, [0x82, 0x01], histogram.customBounds);
  }
  return out.taken();
}

function zigzag(n: number): number {
  return n < 0 ? -2 * n - 1 : 2 * n;
}

function putVarint(out: ProtobufWriter, tag: number, value: number): void {
  out.byte(tag);
  out.varint(value);
}

function putDouble(out: ProtobufWriter, tag: number, value: number): void {
  putDoubles(out, [tag], new Float64Array([value]));
}

/** Tag and the bits of a column, as they are. */
function putDoubles(out: ProtobufWriter, tag: readonly number[], values: Float64Array): void {
  for (const byte of tag) out.byte(byte);
  out.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function packDoubles(out: ProtobufWriter, tag: readonly number[], values: Float64Array): void {
  for (const byte of tag) out.byte(byte);
  out.varint(values.byteLength);
  putDoubles(out, [], values);
}

function putSpans(out: ProtobufWriter, tag: number, spans: Int32Array): void {
  for (let i = 0; i < spans.length; i += 2) {
    const span = new ProtobufWriter(16);
    putVarint(span, 0x08, zigzag(spans[i] as number));
    putVarint(span, 0x10, spans[i + 1] as number);
    out.message(tag, span.taken());
  }
}

/** Integer counts go as differences between neighbours. */
function putCounts(
  out: ProtobufWriter,
  histogram: NativeHistogram,
  field: {
    readonly deltas: readonly [number];
    readonly counts: readonly [number];
    readonly of: 'positiveCounts' | 'negativeCounts';
  },
): void {
  const counts = histogram[field.of];
  if (counts.length === 0) return;
  if (histogram.kind === 'float') {
    packDoubles(out, field.counts, counts);
    return;
  }
  const packed = new ProtobufWriter(64);
  let before = 0;
  for (const n of counts) {
    packed.varint(zigzag(n - before));
    before = n;
  }
  out.message(field.deltas[0], packed.taken());
}
