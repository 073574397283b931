/**
 * Remote write 2.0: a walk over the unpacked protobuf that leaves columns and never makes a string
 * of a label. Labels are numbers into the request's own table of symbols; who hashes each symbol
 * once knows a series by the numbers alone.
 *
 * Bodies are refused as a whole: the walk ends before anything is stored.
 * Source: prometheus.io/docs/specs/prw/remote_write_spec_2_0; prometheus/prometheus
 * prompb/io/prometheus/write/v2/types.proto.
 */
import type { SampleColumns } from '../model/appender.ts';
import { assert } from '../model/assert.ts';
import { type Labels, METRIC_NAME } from '../model/labels.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { familyName } from './metric-family.ts';
import {
  bodyError,
  type Cursor,
  cursorOver,
  readInt64,
  readLength,
  readVarint32,
  skipField,
  skipOther,
} from './protobuf-reader.ts';
import { METRIC_TYPES } from './remote-write.ts';

const TAG_SYMBOL = 0x22;
const TAG_SERIES = 0x2a;
const TAG_LABEL_REF = 0x08;
const TAG_LABEL_REFS = 0x0a;
const TAG_SAMPLE = 0x12;
const TAG_HISTOGRAM = 0x1a;
const TAG_EXEMPLAR = 0x22;
const TAG_METADATA = 0x2a;
const TAG_VALUE = 0x09;
const TAG_TIMESTAMP = 0x10;
const TAG_TYPE = 0x08;
const TAG_HELP_REF = 0x18;
const TAG_UNIT_REF = 0x20;

/** Columns of a series that says nothing of its metric. */
const NO_METADATA = 0xffffffff;
const SERIES_COLUMNS = ['refsFrom', 'metadataType', 'helpRef', 'unitRef'] as const;

/**
 * What a walk leaves. The columns are reused from walk to walk and are longer than their content.
 */
export class RemoteWrite2Walk {
  bytes: Uint8Array = new Uint8Array(0);
  symbolCount = 0;
  seriesCount = 0;
  sampleCount = 0;
  refCount = 0;
  /** Met and passed over; `series-lanes.ts` reads them. */
  histogramCount = 0;
  exemplarCount = 0;
  /** [symbols] bytes of each symbol */
  symbolFrom = new Uint32Array(256);
  symbolTo = new Uint32Array(256);
  /** Symbols of all series: name, value, name, value, ...; each in range. */
  refs = new Uint32Array(1024);
  /** [n+1] where each series' symbols start in `refs` */
  refsFrom = new Uint32Array(257);
  /** [n+1] */
  sampleOffsets = new Uint32Array(257);
  timestampsMs = new Float64Array(256);
  values = new Float64Array(256);
  /** The words of `values`: samples are moved as bits, since a staleness marker is a NaN. */
  valueBits = new Uint32Array(this.values.buffer);
  /** [n] the metric's type by its number in the protobuf, NO_METADATA where none is sent */
  metadataType = new Uint32Array(257);
  helpRef = new Uint32Array(257);
  unitRef = new Uint32Array(257);
  #texts: (string | undefined)[] = [];

  /** @throws MonError `bad-body` */
  walk(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.symbolCount = 0;
    this.seriesCount = 0;
    this.sampleCount = 0;
    this.refCount = 0;
    this.histogramCount = 0;
    this.exemplarCount = 0;
    this.#texts = [];
    const cursor = cursorOver(bytes);
    const end = bytes.length;
    while (cursor.at < end) {
      const tag = bytes[cursor.at] as number;
      if (tag === TAG_SERIES) {
        cursor.at++;
        this.#walkSeries(cursor, readLength(cursor, end));
      } else if (tag === TAG_SYMBOL) {
        cursor.at++;
        const to = readLength(cursor, end);
        this.#addSymbol(cursor.at, to);
        cursor.at = to;
      } else skipOther(cursor, end);
    }
    this.refsFrom[this.seriesCount] = this.refCount;
    this.sampleOffsets[this.seriesCount] = this.sampleCount;
    this.#checkSymbols();
  }

  /** A symbol as text. @throws MonError `bad-body` where it is not UTF-8 */
  text(symbol: number): string {
    let text = this.#texts[symbol];
    if (text === undefined) {
      const from = this.symbolFrom[symbol] as number;
      text = textOf(this.bytes, from, this.symbolTo[symbol] as number);
      this.#texts[symbol] = text;
    }
    return text;
  }

  /** The symbol that is `__name__`, or -1. */
  nameSymbol(): number {
    for (let i = 0; i < this.symbolCount; i++) {
      const from = this.symbolFrom[i] as number;
      const to = this.symbolTo[i] as number;
      if (to - from === METRIC_NAME.length && this.text(i) === METRIC_NAME) return i;
    }
    return -1;
  }

  #addSymbol(from: number, to: number): void {
    const symbol = this.symbolCount++;
    if (symbol === this.symbolFrom.length) {
      this.symbolFrom = grown(this.symbolFrom, symbol * 2);
      this.symbolTo = grown(this.symbolTo, symbol * 2);
    }
    this.symbolFrom[symbol] = from;
    this.symbolTo[symbol] = to;
  }

  #walkSeries(cursor: Cursor, end: number): void {
    if (this.seriesCount + 1 === this.sampleOffsets.length) this.#growSeries();
    const { bytes } = cursor;
    const series = this.seriesCount++;
    const histograms = this.histogramCount;
    this.refsFrom[series] = this.refCount;
    this.sampleOffsets[series] = this.sampleCount;
    this.metadataType[series] = NO_METADATA;
    while (cursor.at < end) {
      const tag = bytes[cursor.at] as number;
      if (tag === TAG_SAMPLE) {
        cursor.at++;
        this.#readSample(cursor, readLength(cursor, end));
      } else if (tag === TAG_LABEL_REFS) {
        cursor.at++;
        const to = readLength(cursor, end);
        while (cursor.at < to) this.#addRef(readVarint32(cursor, to));
      } else if (tag === TAG_METADATA) {
        cursor.at++;
        this.#readMetadata(series, cursor, readLength(cursor, end));
      } else if (tag === TAG_LABEL_REF) {
        cursor.at++;
        this.#addRef(readVarint32(cursor, end));
      } else {
        if (tag === TAG_HISTOGRAM) this.histogramCount++;
        else if (tag === TAG_EXEMPLAR) this.exemplarCount++;
        skipOther(cursor, end);
      }
    }
    if ((this.refCount - (this.refsFrom[series] as number)) % 2 !== 0) {
      throw bodyError(end, `series ${series} has an odd number of label references`);
    }
    const samples = this.sampleCount - (this.sampleOffsets[series] as number);
    if (samples > 0 && this.histogramCount > histograms) {
      throw bodyError(end, `series ${series} has both samples and histograms`);
    }
  }

  #addRef(ref: number): void {
    if (this.refCount === this.refs.length) this.refs = grown(this.refs, this.refCount * 2);
    this.refs[this.refCount++] = ref;
  }

  #readSample(cursor: Cursor, end: number): void {
    if (this.sampleCount === this.values.length) this.#growSamples();
    const sample = this.sampleCount++;
    const { bytes, view } = cursor;
    let timestampMs = 0;
    // Zero and absent are the same in proto3.
    let low = 0;
    let high = 0;
    while (cursor.at < end) {
      const { at } = cursor;
      const tag = bytes[at] as number;
      if (tag === TAG_VALUE) {
        if (end - at < 9) throw bodyError(at + 1, 'the message ends within a double');
        low = view.getUint32(at + 1, true);
        high = view.getUint32(at + 5, true);
        cursor.at = at + 9;
      } else if (tag === TAG_TIMESTAMP) {
        cursor.at = at + 1;
        timestampMs = readInt64(cursor, end);
      } else skipOther(cursor, end);
    }
    this.valueBits[2 * sample] = low;
    this.valueBits[2 * sample + 1] = high;
    this.timestampsMs[sample] = timestampMs;
  }

  #readMetadata(series: number, cursor: Cursor, end: number): void {
    let type = 0;
    let help = 0;
    let unit = 0;
    while (cursor.at < end) {
      const { at } = cursor;
      const tag = readVarint32(cursor, end);
      if (tag === TAG_TYPE) type = readVarint32(cursor, end);
      else if (tag === TAG_HELP_REF) help = readVarint32(cursor, end);
      else if (tag === TAG_UNIT_REF) unit = readVarint32(cursor, end);
      else if (tag >>> 3 === 0) throw bodyError(at, 'a field has the number 0');
      else skipField(cursor, tag & 7, end);
    }
    // An empty message says nothing, and senders that know nothing send one with each series.
    if (type === 0 && help === 0 && unit === 0) return;
    this.metadataType[series] = type;
    this.helpRef[series] = help;
    this.unitRef[series] = unit;
  }

  /** Symbols may stand behind the series, so references are checked last. */
  #checkSymbols(): void {
    const { symbolCount, bytes } = this;
    if (symbolCount === 0 && this.seriesCount === 0) return;
    if (symbolCount === 0 || this.symbolFrom[0] !== this.symbolTo[0]) {
      throw bodyError(0, 'the first symbol is not the empty string');
    }
    for (let i = 0; i < this.refCount; i++) {
      const ref = this.refs[i] as number;
      if (ref >= symbolCount) throw outOfRange(`label reference ${ref}`, symbolCount, bytes);
    }
    for (let i = 0; i < this.seriesCount; i++) {
      if (this.metadataType[i] === NO_METADATA) continue;
      const highest = Math.max(this.helpRef[i] as number, this.unitRef[i] as number);
      if (highest >= symbolCount) {
        throw outOfRange(`reference ${highest} of metadata`, symbolCount, bytes);
      }
    }
  }

  #growSeries(): void {
    const length = this.sampleOffsets.length * 2;
    for (const column of SERIES_COLUMNS) this[column] = grown(this[column], length);
    this.sampleOffsets = grown(this.sampleOffsets, length);
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

function outOfRange(what: string, symbols: number, { length }: Uint8Array): Error {
  return bodyError(length, `${what} is out of range, there are ${symbols} symbols`);
}

function grown(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(column);
  return longer;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array, from: number, to: number): string {
  for (let i = from; i < to; i++) {
    if ((bytes[i] as number) < 0x80) continue;
    try {
      return UTF8.decode(bytes.subarray(from, to));
    } catch {
      throw bodyError(from, 'a text is not UTF-8');
    }
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

/** The labels of one series of a walk: name, value, ..., in the sender's order and unchecked. */
export function readSymbolPairs(walk: RemoteWrite2Walk, series: number): string[] {
  assert(series < walk.seriesCount, 'no such series in the walk');
  const pairs: string[] = [];
  const to = walk.refsFrom[series + 1] as number;
  for (let i = walk.refsFrom[series] as number; i < to; i++) {
    pairs.push(walk.text(walk.refs[i] as number));
  }
  return pairs;
}

/**
 * What the series of a walk say of their metrics, once for each metric name of the request.
 *
 * @param isNew asked with the symbols of each; what it knows already is left out
 */
export function readSeriesMetadata(
  walk: RemoteWrite2Walk,
  isNew: (name: number, series: number) => boolean,
): MetricMetadata[] {
  const found: MetricMetadata[] = [];
  let nameSymbol = -1;
  const seen = new Set<number>();
  for (let i = 0; i < walk.seriesCount; i++) {
    const type = walk.metadataType[i] as number;
    if (type === NO_METADATA) continue;
    if (nameSymbol < 0) nameSymbol = walk.nameSymbol();
    const name = valueSymbol(walk, i, nameSymbol);
    if (name < 0 || seen.has(name)) continue;
    seen.add(name);
    if (!isNew(name, i)) continue;
    const metricType = METRIC_TYPES[type] ?? 'unknown';
    const help = walk.text(walk.helpRef[i] as number);
    const unit = walk.text(walk.unitRef[i] as number);
    found.push({ metric: familyName(walk.text(name), metricType), type: metricType, help, unit });
  }
  return found;
}

/** The symbol of a label's value, or -1 where the series does not have the label. */
function valueSymbol(walk: RemoteWrite2Walk, series: number, label: number): number {
  const to = walk.refsFrom[series + 1] as number;
  for (let i = walk.refsFrom[series] as number; i < to; i += 2) {
    if (walk.refs[i] === label) return walk.refs[i + 1] as number;
  }
  return -1;
}

/**
 * Decodes an unpacked body whole, labels as sent; for tests and for receivers without shards.
 *
 * @throws MonError `bad-body`
 */
export function decodeRemoteWrite2(plain: Uint8Array): {
  readonly columns: SampleColumns;
  readonly metadata: readonly MetricMetadata[];
} {
  const walk = new RemoteWrite2Walk();
  walk.walk(plain);
  const labels: Labels[] = [];
  for (let i = 0; i < walk.seriesCount; i++) labels.push(readSymbolPairs(walk, i));
  const columns = {
    labels,
    sampleOffsets: walk.sampleOffsets.slice(0, walk.seriesCount + 1),
    timestampsMs: walk.timestampsMs.slice(0, walk.sampleCount),
    values: walk.values.slice(0, walk.sampleCount),
  };
  return { columns, metadata: readSeriesMetadata(walk, () => true) };
}
