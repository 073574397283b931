/**
 * Reads series of a head within a time range, as of the moment this was made.
 */
import type { Generation } from '../head/generation.ts';
import type { Head, TimeRange } from '../head/head.ts';
import { SampleBuffer } from '../head/sample-buffer.ts';
import { type Exemplar, mergeExemplars } from '../model/exemplar.ts';
import { type HistogramRun, mergeRuns, runWithin } from '../model/histogram-run.ts';
import { withoutSamplesAt } from '../model/sample-kinds.ts';
import { addPart, type SampleSpan } from './sample-merge.ts';

export interface ReadColumns {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

export class HeadReading {
  /** The samples of the series read last, until the next is read. */
  columns: ReadColumns = new SampleBuffer(1);
  readonly #out = new SampleBuffer();
  readonly #part = new SampleBuffer();
  readonly #head: Head;
  readonly #generations: readonly Generation[];
  readonly #range: TimeRange;

  constructor(head: Head, { startMs, endMs }: TimeRange) {
    this.#head = head;
    this.#range = { startMs, endMs };
    this.#generations = [...head.frozen, head.active].filter(
      ({ minTimeMs, maxTimeMs }) => minTimeMs <= endMs && maxTimeMs >= startMs,
    );
  }

  /** Whether the range takes in all that the head has; then no series needs to be looked at. */
  get isWhole(): boolean {
    const filled = [...this.#head.frozen, this.#head.active].filter(({ samples }) => samples > 0);
    return filled.every((generation) => this.#isWithin(generation));
  }

  /** Samples of a series, in `columns`; returns how many. */
  read(ref: number): number {
    const [only, ...others] = this.#generations;
    if (only === undefined) return 0;
    const isPlain = others.every((generation) => !this.#head.hasFloats(generation, ref));
    if (!isPlain || only.late.samples > 0) return this.readAfter([], ref);
    this.columns = this.#head.decoded;
    return this.#head.decode(only, ref, this.#range);
  }

  /** The same behind parts of older generations, which lie within the range. */
  readAfter(parts: readonly SampleSpan[], ref: number): number {
    let count = 0;
    this.columns = this.#out;
    for (const part of parts) count = addPart(this.#out, count, part);
    if (ref < 0) return count;
    for (const generation of this.#generations) {
      count = this.#addGeneration(generation, ref, count);
    }
    return count;
  }

  /**
   * Native histograms of a series behind parts of older generations. Where there are any, the
   * `count` float samples in `columns` are left without those at their times.
   *
   * @returns the histograms, and how many float samples are left
   */
  histogramsAfter(
    parts: readonly HistogramRun[],
    ref: number,
    count: number,
  ): { readonly histograms: HistogramRun; readonly count: number } {
    const runs = [...parts];
    for (const { lanes } of ref < 0 ? [] : this.#generations) {
      const run = lanes.histograms(ref)?.run();
      if (run !== undefined) runs.push(this.#within(run));
    }
    const histograms = mergeRuns(runs);
    if (histograms.timestampsMs.length === 0 || count === 0) return { histograms, count };
    const timestampsMs = this.columns.timestampsMs.subarray(0, count);
    const columns = { timestampsMs, values: this.columns.values.subarray(0, count) };
    const left = withoutSamplesAt(columns, histograms.timestampsMs);
    if (left === columns) return { histograms, count };
    this.columns.timestampsMs.set(left.timestampsMs);
    this.columns.values.set(left.values);
    return { histograms, count: left.values.length };
  }

  /** Exemplars of a series, by time. */
  exemplars(ref: number): readonly Exemplar[] {
    const { startMs, endMs } = this.#range;
    const parts = this.#generations.map(({ lanes }) => lanes.exemplars.of(ref));
    return mergeExemplars(parts).filter(
      ({ timestampMs }) => timestampMs >= startMs && timestampMs <= endMs,
    );
  }

  #within(run: HistogramRun): HistogramRun {
    return runWithin(run, this.#range.startMs, this.#range.endMs);
  }

  /** Whether a series has samples within the range. */
  has(ref: number): boolean {
    return this.#generations.some((generation) => {
      if (!this.#head.has(generation, ref)) return false;
      if (this.#isWithin(generation)) return true;
      const run = generation.lanes.histograms(ref)?.run();
      if (run !== undefined && this.#within(run).timestampsMs.length > 0) return true;
      return this.#head.read(generation, ref, { out: this.#part, at: 0, range: this.#range }) > 0;
    });
  }

  /** Adds the samples of a generation behind `count` of older ones; returns how many are there. */
  #addGeneration(generation: Generation, ref: number, count: number): number {
    const range = this.#range;
    if (count === 0) return this.#head.read(generation, ref, { out: this.#out, at: 0, range });
    const read = this.#head.read(generation, ref, { out: this.#part, at: 0, range });
    const { timestampsMs, values } = this.#part;
    return addPart(this.#out, count, { timestampsMs, values, from: 0, to: read });
  }

  #isWithin({ minTimeMs, maxTimeMs }: Generation): boolean {
    return minTimeMs >= this.#range.startMs && maxTimeMs <= this.#range.endMs;
  }
}
