/**
 * The receiving end of a session: the dictionary as it was sent, and frames into columns.
 *
 * Definitions are kept as they came, since labels are asked for once or twice in a session's life.
 * A reader that has thrown is of no more use: it may have taken in half a frame.
 * Format: docs/protocol/mon-wire.md.
 */
import { ByteReader } from '../encoding/byte-reader.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { assert } from '../model/assert.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { ByteArena } from './byte-arena.ts';
import { frameError } from './mon-wire-frame.ts';
import { WireSeriesStates } from './mon-wire-series.ts';
import { readValues, type ValueRun } from './mon-wire-value-reader.ts';
import {
  DICTIONARY_BYTES_MAX,
  DICTIONARY_SERIES_MAX,
  SECTION_LANES,
  SECTION_METADATA,
  SECTION_SAMPLES,
  SECTION_SERIES,
  SECTION_SYMBOLS,
} from './mon-wire-writer.ts';
import { METRIC_TYPES } from './remote-write.ts';

const NO_LANES = new Uint8Array(0);
/** Samples of a frame. */
export const FRAME_SAMPLES_MAX = 1024 * 1024;
/** A frame of a sender whose dictionary was not full yet may bring so much more. */
const OVERSHOOT = 2;

/** Columns for so many samples; what stood in them before may be gone. */
export interface SampleRoom {
  readonly timestampsMs: Float64Array;
  /** The words of the values. */
  readonly valueBits: Uint32Array;
}

/**
 * What a frame holds, as columns. They are reused from frame to frame and are longer than their
 * content.
 */
export class WireSamples {
  readonly #room: (samples: number) => SampleRoom;
  sampleCount = 0;
  /** [n] the number in the dictionary of each sample's series */
  series = new Uint32Array(1024);
  timestampsMs: Float64Array = new Float64Array(0);
  valueBits: Uint32Array = new Uint32Array(0);
  metadata: MetricMetadata[] = [];
  /** Native histograms and exemplars, as a WriteRequest of remote write 1.0. */
  lanes: Uint8Array = NO_LANES;

  constructor(room: (samples: number) => SampleRoom = newRoom) {
    this.#room = room;
  }

  clear(): void {
    this.sampleCount = 0;
    this.metadata = [];
    this.lanes = NO_LANES;
  }

  /** Makes room for the samples of a frame. */
  reserve(samples: number): void {
    if (samples > this.series.length) {
      this.series = new Uint32Array(Math.max(samples, 2 * this.series.length));
    }
    const { timestampsMs, valueBits } = this.#room(samples);
    this.timestampsMs = timestampsMs;
    this.valueBits = valueBits;
  }
}

function newRoom(samples: number): SampleRoom {
  return { timestampsMs: new Float64Array(samples), valueBits: new Uint32Array(2 * samples) };
}

export class WireReader {
  readonly #states = new WireSeriesStates();
  readonly #symbols = new ByteArena();
  readonly #definitions = new ByteArena();

  get seriesCount(): number {
    return this.#states.count;
  }

  /** Memory that the dictionary holds. */
  get bytes(): number {
    return this.#states.bytes + this.#symbols.bytes + this.#definitions.bytes;
  }

  /**
   * Reads a payload; samples and metadata go to `out`.
   *
   * @throws MonError `bad-wire-frame`
   */
  read(payload: Uint8Array, out: WireSamples): void {
    out.clear();
    try {
      const reader = new ByteReader(payload);
      let before = 0;
      while (reader.left > 0) {
        const kind = reader.u8();
        if (kind <= before) throw new MalformedBytes(`a section of kind ${kind} after ${before}`);
        before = kind;
        const length = reader.varint();
        const start = reader.skip(length);
        this.#readSection(kind, new ByteReader(payload, { start, end: start + length }), out);
      }
    } catch (thrown) {
      if (thrown instanceof MalformedBytes) throw frameError(thrown.message, thrown);
      throw thrown;
    }
  }

  /**
   * Labels of a series as they were sent: name, value, ...
   *
   * @throws MonError `bad-wire-frame` where one is not UTF-8
   */
  labelPairs(series: number): string[] {
    assert(series < this.seriesCount, 'no such series in the dictionary');
    const reader = new ByteReader(this.#definitions.piece(series));
    const pairs: string[] = [];
    try {
      while (reader.left > 0) pairs.push(this.#symbols.text(reader.varint()));
    } catch (thrown) {
      if (thrown instanceof MalformedBytes) throw frameError(thrown.message, thrown);
      throw thrown;
    }
    return pairs;
  }

  #readSection(kind: number, reader: ByteReader, out: WireSamples): void {
    const count = reader.varint();
    if (kind === SECTION_SAMPLES) this.#readSamples(reader, count, out);
    else if (kind === SECTION_SYMBOLS) this.#readSymbols(reader, count);
    else if (kind === SECTION_SERIES) this.#readSeries(reader, count);
    else if (kind === SECTION_METADATA) readMetadata(reader, count, out);
    else if (kind === SECTION_LANES && count === 1) out.lanes = reader.raw(reader.left);
    else throw new MalformedBytes(`a section of the unknown kind ${kind}`);
    if (reader.left > 0) {
      throw new MalformedBytes(`${reader.left} bytes are left over in a section of kind ${kind}`);
    }
  }

  #readSymbols(reader: ByteReader, count: number): void {
    for (let i = 0; i < count; i++) this.#symbols.add(reader.raw(reader.varint()));
    if (this.#symbols.length > OVERSHOOT * DICTIONARY_BYTES_MAX) {
      throw new MalformedBytes(`a dictionary of more than ${DICTIONARY_BYTES_MAX} bytes`);
    }
  }

  #readSeries(reader: ByteReader, count: number): void {
    if (this.seriesCount + count > OVERSHOOT * DICTIONARY_SERIES_MAX) {
      throw new MalformedBytes(`a dictionary of more than ${DICTIONARY_SERIES_MAX} series`);
    }
    const symbols = this.#symbols.count;
    for (let i = 0; i < count; i++) {
      const refs = 2 * reader.varint();
      const from = reader.at;
      for (let k = 0; k < refs; k++) {
        const symbol = reader.varint();
        if (symbol >= symbols) throw new MalformedBytes(`symbol ${symbol} of ${symbols}`);
      }
      this.#definitions.add(reader.bytes.subarray(from, reader.at));
      this.#states.add(1);
    }
  }

  /** Block heads come first; the tokens of all blocks begin behind the last of them. */
  #readSamples(reader: ByteReader, blocks: number, out: WireSamples): void {
    const heads = new ByteReader(reader.bytes, { start: reader.at, end: reader.end });
    const tokens = skipHeads(reader, blocks);
    if (tokens > reader.left) throw new MalformedBytes(`${tokens} samples in ${reader.left} bytes`);
    if (tokens > FRAME_SAMPLES_MAX) {
      throw new MalformedBytes(`${tokens} samples, at most ${FRAME_SAMPLES_MAX} are taken`);
    }
    out.reserve(tokens);
    const run: ValueRun = { series: 0, count: 0, tokensAt: reader.skip(tokens), to: 0 };
    let timestampMs = 0;
    let runEnd = 0;
    for (let block = 0; block < blocks; block++) {
      timestampMs += heads.signed();
      for (let runs = heads.varint(); runs > 0; runs--) {
        run.series = runEnd + heads.signed();
        run.count = heads.varint();
        runEnd = run.series + run.count;
        if (run.series < 0 || runEnd > this.seriesCount) {
          throw new MalformedBytes(`series ${run.series} to ${runEnd} of ${this.seriesCount}`);
        }
        run.to = out.sampleCount;
        readValues(this.#states, run, reader, out.valueBits);
        fillRun(out, run, timestampMs);
        run.tokensAt += run.count;
      }
    }
  }
}

/** Passes over the heads of all blocks; the number of samples in them. */
function skipHeads(reader: ByteReader, blocks: number): number {
  let samples = 0;
  for (let block = 0; block < blocks; block++) {
    reader.signed();
    for (let runs = reader.varint(); runs > 0; runs--) {
      reader.signed();
      samples += reader.varint();
    }
  }
  return samples;
}

function fillRun(out: WireSamples, { series, count }: ValueRun, timestampMs: number): void {
  const from = out.sampleCount;
  const to = from + count;
  const { series: numbers, timestampsMs } = out;
  for (let i = from, number = series; i < to; i++, number++) {
    numbers[i] = number;
    timestampsMs[i] = timestampMs;
  }
  out.sampleCount = to;
}

function readMetadata(reader: ByteReader, count: number, out: WireSamples): void {
  for (let i = 0; i < count; i++) {
    const type = METRIC_TYPES[reader.u8()] ?? 'unknown';
    out.metadata.push({ type, metric: reader.text(), help: reader.text(), unit: reader.text() });
  }
}
