/**
 * Gathers series into a `SeriesBatch`, keeping one copy of timestamp columns with equal content, as
 * series of one scrape have.
 */
import { SampleBuffer } from '../head/sample-buffer.ts';
import { type HistogramRun, samplesWeight } from '../model/histogram-run.ts';
import type { Labels } from '../model/labels.ts';
import { LaneBuilder } from '../model/lane-builder.ts';
import type { SeriesBatch } from '../model/queryable.ts';
import type { ReadColumns } from './head-reading.ts';

/** A batch is closed when it has so many samples or series; one series is never split. */
export const BATCH_SAMPLES = 32 * 1024;
export const BATCH_SERIES = 512;

export class BatchBuilder {
  #labels: Labels[] = [];
  #timestampColumn: number[] = [];
  #valueOffsets: number[] = [0];
  /** Distinct timestamp columns one after the other, and where each starts. */
  #timestampsMs = new Float64Array(BATCH_SAMPLES);
  #columnStarts: number[] = [0];
  /** Values of all series. */
  readonly #values = new SampleBuffer(BATCH_SAMPLES);
  #sampleCount = 0;
  readonly #lanes = new LaneBuilder();
  #histogramWeight = 0;
  /** Content key -> the last column with it. */
  readonly #columnByKey = new Map<number, number>();
  readonly #previousOfKey: number[] = [];

  get isFull(): boolean {
    const weight = this.#sampleCount + this.#histogramWeight;
    return weight >= BATCH_SAMPLES || this.#labels.length >= BATCH_SERIES;
  }

  get seriesCount(): number {
    return this.#labels.length;
  }

  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Adds a series with the samples [from, to) of a buffer, which are copied. */
  add(
    labels: Labels,
    samples: ReadColumns,
    { from, to, histograms }: { from: number; to: number; histograms?: HistogramRun },
  ): void {
    const count = to - from;
    this.#values.reserve(this.#sampleCount + count, this.#sampleCount);
    this.#values.values.set(samples.values.subarray(from, to), this.#sampleCount);
    this.#sampleCount += count;
    if (histograms !== undefined) {
      this.#lanes.add(this.#labels.length, histograms);
      this.#histogramWeight += samplesWeight(histograms);
    }
    this.#labels.push(labels);
    this.#valueOffsets.push(this.#sampleCount);
    this.#timestampColumn.push(this.#columnOf(samples.timestampsMs, from, to));
  }

  /** What was added, in memory of its own; the builder is empty afterwards. */
  take(): SeriesBatch {
    const used = this.#columnStarts.at(-1) as number;
    const timestampsMs = this.#timestampsMs.slice(0, used);
    const starts = this.#columnStarts;
    const histograms = this.#lanes.take(this.#labels.length);
    this.#histogramWeight = 0;
    const batch: SeriesBatch = {
      labels: this.#labels,
      timestampColumns: Array.from({ length: starts.length - 1 }, (_, column) =>
        timestampsMs.subarray(starts[column], starts[column + 1]),
      ),
      timestampColumn: Uint32Array.from(this.#timestampColumn),
      values: this.#values.values.slice(0, this.#sampleCount),
      valueOffsets: Uint32Array.from(this.#valueOffsets),
      ...(histograms === undefined ? {} : { histograms }),
    };
    this.#labels = [];
    this.#timestampColumn = [];
    this.#valueOffsets = [0];
    this.#columnStarts = [0];
    this.#sampleCount = 0;
    this.#columnByKey.clear();
    this.#previousOfKey.length = 0;
    return batch;
  }

  #columnOf(column: Float64Array, from: number, to: number): number {
    const count = to - from;
    // Columns of one scrape differ from others in their first timestamp already.
    const key = count === 0 ? -1 : (column[from] as number) * 1024 + (count % 1024);
    let known = this.#columnByKey.get(key);
    while (known !== undefined && known >= 0) {
      if (this.#isColumn(known, column, from, count)) return known;
      known = this.#previousOfKey[known];
    }
    const added = this.#columnStarts.length - 1;
    const start = this.#columnStarts[added] as number;
    if (start + count > this.#timestampsMs.length) {
      const longer = new Float64Array(Math.max(this.#timestampsMs.length * 2, start + count));
      longer.set(this.#timestampsMs.subarray(0, start));
      this.#timestampsMs = longer;
    }
    this.#timestampsMs.set(column.subarray(from, to), start);
    this.#columnStarts.push(start + count);
    this.#previousOfKey[added] = this.#columnByKey.get(key) ?? -1;
    this.#columnByKey.set(key, added);
    return added;
  }

  #isColumn(known: number, column: Float64Array, from: number, count: number): boolean {
    const start = this.#columnStarts[known] as number;
    if ((this.#columnStarts[known + 1] as number) - start !== count) return false;
    const held = this.#timestampsMs;
    for (let i = 0; i < count; i++) if (held[start + i] !== column[from + i]) return false;
    return true;
  }
}
