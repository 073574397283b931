/**
 * The sending end of a session: the dictionary of what has been sent, and frames of samples that
 * name it. One frame is made at a time: samples are added, then `take` ends it.
 *
 * Samples stand in blocks of one timestamp; a scrape is one block, its series one run of numbers.
 * Format: docs/protocol/mon-wire.md.
 */
import { ByteWriter } from '../encoding/byte-writer.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { encodeFrame, type FrameHead } from './mon-wire-frame.ts';
import { WireSeriesStates } from './mon-wire-series.ts';
import { writeValue } from './mon-wire-value-writer.ts';
import { METRIC_TYPES } from './remote-write.ts';

/** Kinds of sections. */
export const SECTION_SYMBOLS = 1;
export const SECTION_SERIES = 2;
export const SECTION_METADATA = 3;
export const SECTION_SAMPLES = 4;
export const SECTION_LANES = 5;

/** A dictionary that holds more is begun anew with the next frame. */
export const DICTIONARY_SERIES_MAX = 1024 * 1024;
export const DICTIONARY_BYTES_MAX = 48 * 1024 * 1024;

/** A block whose runs are still being added to. */
interface OpenBlock {
  timestampMs: number;
  runs: number;
  /** First series of the open run. */
  from: number;
  /** The series behind its last one. */
  to: number;
}

export class WireWriter {
  readonly #session: string;
  #epoch = 0;
  #sequence = 0;
  #states = new WireSeriesStates();
  readonly #symbols = new Map<string, number>();
  #symbolBytes = 0;
  /** What is new in this frame. */
  readonly #newSymbols = new ByteWriter();
  readonly #newSeries = new ByteWriter();
  readonly #metadata = new ByteWriter();
  readonly #lanes = new ByteWriter();
  #newSymbolCount = 0;
  #newSeriesCount = 0;
  #metadataCount = 0;
  readonly #blocks = new ByteWriter(1024);
  readonly #runs = new ByteWriter(1024);
  readonly #tokens = new ByteWriter(4096);
  readonly #bytes = new ByteWriter(4096);
  #blockCount = 0;
  #block: OpenBlock | undefined;
  /** Where the block and the run before ended. */
  #timestampMs = 0;
  #runEnd = 0;
  sampleCount = 0;

  /** @param session 32 hexadecimal digits that nobody else has */
  constructor(session: string) {
    this.#session = session;
  }

  get seriesCount(): number {
    return this.#states.count;
  }

  /** Whether the dictionary should be begun anew before anything is added. */
  get isFull(): boolean {
    return this.seriesCount >= DICTIONARY_SERIES_MAX || this.#symbolBytes >= DICTIONARY_BYTES_MAX;
  }

  /** Forgets all that was sent: the next frame begins a new dictionary. */
  reset(): void {
    this.#clearFrame();
    this.#epoch++;
    this.#sequence = 0;
    this.#states = new WireSeriesStates();
    this.#symbols.clear();
    this.#symbolBytes = 0;
  }

  /** Adds a series to the dictionary. @param labels name, value, ...; returns its number */
  addSeries(labels: readonly string[]): number {
    const refs = labels.map((text) => this.#symbol(text));
    this.#newSeries.varint(labels.length / 2);
    for (const ref of refs) this.#newSeries.varint(ref);
    this.#newSeriesCount++;
    this.#states.add(1);
    return this.#states.count - 1;
  }

  addMetadata({ metric, type, help, unit }: MetricMetadata): void {
    this.#metadataCount++;
    this.#metadata.u8(METRIC_TYPES.indexOf(type));
    for (const text of [metric, help, unit]) this.#metadata.text(text);
  }

  /**
   * Adds native histograms and exemplars, once a frame.
   *
   * @param messages an unpacked WriteRequest of remote write 1.0, without float samples
   */
  addLanes(messages: Uint8Array): void {
    this.#lanes.clear();
    this.#lanes.raw(messages);
  }

  /** Adds a sample, its value by its words. */
  addSample(
    timestampMs: number,
    sample: { readonly series: number; readonly low: number; readonly high: number },
  ): void {
    const { series } = sample;
    const block = this.#block;
    if (block === undefined || block.timestampMs !== timestampMs) {
      this.#endBlock();
      this.#block = { timestampMs, runs: 0, from: series, to: series + 1 };
    } else if (series === block.to) block.to++;
    else {
      this.#endRun(block);
      block.from = series;
      block.to = series + 1;
    }
    writeValue(this.#states, sample, { tokens: this.#tokens, bytes: this.#bytes });
    this.sampleCount++;
  }

  /** Ends the frame. */
  take(): Uint8Array<ArrayBuffer> {
    this.#endBlock();
    const payload = new ByteWriter(this.#tokens.length + this.#bytes.length + 1024);
    addSection(payload, SECTION_SYMBOLS, this.#newSymbolCount, [this.#newSymbols]);
    addSection(payload, SECTION_SERIES, this.#newSeriesCount, [this.#newSeries]);
    addSection(payload, SECTION_METADATA, this.#metadataCount, [this.#metadata]);
    const samples = [this.#blocks, this.#tokens, this.#bytes];
    addSection(payload, SECTION_SAMPLES, this.#blockCount, samples);
    addSection(payload, SECTION_LANES, this.#lanes.length === 0 ? 0 : 1, [this.#lanes]);
    const head: FrameHead = {
      session: this.#session,
      epoch: this.#epoch,
      sequence: this.#sequence++,
    };
    this.#clearFrame();
    return encodeFrame(head, payload.view());
  }

  #symbol(text: string): number {
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    const symbol = this.#symbols.size;
    this.#symbols.set(text, symbol);
    const before = this.#newSymbols.length;
    this.#newSymbols.text(text);
    this.#symbolBytes += this.#newSymbols.length - before;
    this.#newSymbolCount++;
    return symbol;
  }

  #endRun(block: OpenBlock): void {
    block.runs++;
    this.#runs.signed(block.from - this.#runEnd);
    this.#runs.varint(block.to - block.from);
    this.#runEnd = block.to;
  }

  #endBlock(): void {
    const block = this.#block;
    if (block === undefined) return;
    this.#endRun(block);
    this.#blockCount++;
    this.#blocks.signed(block.timestampMs - this.#timestampMs);
    this.#blocks.varint(block.runs);
    this.#blocks.raw(this.#runs.view());
    this.#runs.clear();
    this.#timestampMs = block.timestampMs;
    this.#block = undefined;
  }

  #clearFrame(): void {
    for (const part of [this.#newSymbols, this.#newSeries, this.#metadata]) part.clear();
    this.#lanes.clear();
    for (const part of [this.#blocks, this.#runs, this.#tokens, this.#bytes]) part.clear();
    this.#newSymbolCount = 0;
    this.#newSeriesCount = 0;
    this.#metadataCount = 0;
    this.#blockCount = 0;
    this.#block = undefined;
    this.#timestampMs = 0;
    this.#runEnd = 0;
    this.sampleCount = 0;
  }
}

/** A section with `count` entries; one without any is left out. */
function addSection(
  out: ByteWriter,
  kind: number,
  count: number,
  parts: readonly ByteWriter[],
): void {
  if (count === 0) return;
  const head = new ByteWriter(8);
  head.varint(count);
  out.u8(kind);
  out.varint(parts.reduce((sum, part) => sum + part.length, head.length));
  out.raw(head.view());
  for (const part of parts) out.raw(part.view());
}
