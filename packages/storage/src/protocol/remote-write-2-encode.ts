/**
 * Remote write 2.0, the sending side: columns, and what is known of their metrics, into a packed
 * body. Every text stands once, in the table of symbols.
 *
 * Source: prometheus.io/docs/specs/prw/remote_write_spec_2_0; prometheus/prometheus
 * prompb/io/prometheus/write/v2/types.proto.
 */
import type { SampleColumns } from '../model/appender.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { labelValue, METRIC_NAME } from '../model/labels.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { bitsOf } from '../model/sample.ts';
import { metadataOf } from './metric-family.ts';
import { ProtobufWriter, SAMPLE_BYTES_MAX } from './protobuf-writer.ts';
import { METRIC_TYPES } from './remote-write.ts';
import { packSnappy } from './snappy.ts';

/** Bytes of a reference with its tag, and of a Metadata field, at most. */
const REF_BYTES_MAX = 6;
const METADATA_BYTES_MAX = 24;
const UTF8 = new TextEncoder();

/**
 * A snappy-packed body.
 *
 * @param known     what is known of metric families, by name; each series carries its own
 * @param exemplars those of series with samples, by `labels.join('\0')`
 */
export function encodeRemoteWrite2(
  columns: SampleColumns,
  known: ReadonlyMap<string, MetricMetadata> = new Map(),
  exemplars: ReadonlyMap<string, readonly Exemplar[]> = new Map(),
): Uint8Array<ArrayBuffer> {
  return packSnappy(encodeRequest(columns, known, exemplars));
}

/** The same before it is packed. */
export function encodeRequest(
  columns: SampleColumns,
  known: ReadonlyMap<string, MetricMetadata>,
  exemplars: ReadonlyMap<string, readonly Exemplar[]> = new Map(),
): Uint8Array {
  const symbols = new SymbolTable();
  const left = new Map(exemplars);
  const series = new ProtobufWriter(1024);
  const valueBits = bitsOf(columns.values);
  const refs = new ProtobufWriter(256);
  columns.labels.forEach((labels, i) => {
    const first = columns.sampleOffsets[i] as number;
    const last = columns.sampleOffsets[i + 1] as number;
    refs.clear();
    for (const text of labels) refs.varint(symbols.ref(text));
    const bytesMax = labels.length * REF_BYTES_MAX + METADATA_BYTES_MAX;
    series.startMessage(0x2a, bytesMax + (last - first) * SAMPLE_BYTES_MAX);
    series.message(0x0a, refs.taken());
    for (let k = first; k < last; k++) {
      const low = valueBits[2 * k] as number;
      const high = valueBits[2 * k + 1] as number;
      series.sample(columns.timestampsMs[k] as number, low, high);
    }
    if (left.size > 0) {
      // Once, though a series may stand here again.
      const key = labels.join('\0');
      for (const exemplar of left.get(key) ?? []) {
        series.message(0x22, encodeExemplar(exemplar, symbols));
      }
      left.delete(key);
    }
    const metadata = metadataOf(labelValue(labels, METRIC_NAME), known);
    if (metadata !== undefined) series.message(0x2a, encodeMetadata(metadata, symbols));
    series.endMessage();
  });
  const out = new ProtobufWriter(1024);
  for (const text of symbols.texts) out.message(0x22, UTF8.encode(text));
  out.bytes(series.taken());
  return out.taken();
}

function encodeMetadata({ type, help, unit }: MetricMetadata, symbols: SymbolTable): Uint8Array {
  const out = new ProtobufWriter(METADATA_BYTES_MAX);
  out.byte(0x08);
  out.varint(METRIC_TYPES.indexOf(type));
  out.byte(0x18);
  out.varint(symbols.ref(help));
  out.byte(0x20);
  out.varint(symbols.ref(unit));
  return out.taken();
}

function encodeExemplar(
  { labels, value, timestampMs }: Exemplar,
  symbols: SymbolTable,
): Uint8Array {
  const refs = new ProtobufWriter(labels.length * REF_BYTES_MAX);
  for (const text of labels) refs.varint(symbols.ref(text));
  const out = new ProtobufWriter(64);
  out.message(0x0a, refs.taken());
  out.byte(0x11);
  out.bytes(new Uint8Array(Float64Array.of(value).buffer));
  out.byte(0x18);
  out.varint(timestampMs);
  return out.taken();
}

/** The texts of a request by their numbers; number 0 is the empty one. */
class SymbolTable {
  readonly texts: string[] = [''];
  readonly #refs = new Map<string, number>([['', 0]]);

  ref(text: string): number {
    let ref = this.#refs.get(text);
    if (ref === undefined) {
      ref = this.texts.length;
      this.texts.push(text);
      this.#refs.set(text, ref);
    }
    return ref;
  }
}
