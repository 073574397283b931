/**
 * Rows of a range function over a selector: windows once per timestamp column, then the function
 * once per series. Staleness markers are taken out before the function sees the samples.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesBatch } from '@mon/storage/model/queryable';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';
import type { RangeSource } from '../plan/plan.ts';
import { ColumnMemo } from './column-memo.ts';
import type { SeriesRangeCall } from './range-call.ts';
import { RowScratch } from './row-scratch.ts';
import type { RowSink } from './row-sink.ts';
import type { ScanReader } from './scan.ts';
import { sampleWindows } from './windows.ts';

export type SelectorSource = Extract<RangeSource, { kind: 'selector' }>;

export class RangeRows implements ScanReader {
  readonly steps: number;
  readonly #source: SelectorSource;
  readonly #call: SeriesRangeCall;
  readonly #sink: RowSink;
  readonly #scratch: RowScratch;
  readonly #windows: ColumnMemo<Uint32Array>;

  constructor(source: SelectorSource, call: SeriesRangeCall, sink: RowSink) {
    const { reference, rangeMs } = source;
    this.steps = reference.steps;
    this.#source = source;
    this.#call = call;
    this.#sink = sink;
    this.#scratch = new RowScratch(reference.steps);
    this.#windows = new ColumnMemo((column) => sampleWindows(column, reference, rangeMs));
  }

  read(batch: SeriesBatch, from: number, to: number): void {
    const rows = this.#scratch.rows(batch.labels.slice(from, to));
    const windowTables = this.#windows.of(batch);
    for (let series = from; series < to; series++) {
      const column = batch.timestampColumn[series] as number;
      let timestampsMs = batch.timestampColumns[column] as Float64Array;
      let values = batch.values.subarray(
        batch.valueOffsets[series] as number,
        batch.valueOffsets[series + 1] as number,
      );
      let windows = windowTables[column] as Uint32Array;
      const live = withoutStale(timestampsMs, values);
      if (live !== undefined) {
        ({ timestampsMs, values } = live);
        windows = sampleWindows(timestampsMs, this.#source.reference, this.#source.rangeMs);
      }
      const labels = batch.labels[series] as Labels;
      this.#call.evaluate({ labels, timestampsMs, values, windows }, rows, series - from);
    }
    this.#sink.push(rows);
  }
}

/** The samples that are no staleness markers, or undefined where there is no marker. */
export function withoutStale(
  timestampsMs: Float64Array,
  values: Float64Array,
): { timestampsMs: Float64Array; values: Float64Array } | undefined {
  const stale = countStale(values);
  if (stale === 0) return undefined;
  const bits = bitsOf(values);
  const liveTimesMs = new Float64Array(values.length - stale);
  const liveValues = new Float64Array(values.length - stale);
  let live = 0;
  for (let i = 0; i < values.length; i++) {
    if (isStaleAt(bits, i)) continue;
    liveTimesMs[live] = timestampsMs[i] as number;
    liveValues[live] = values[i] as number;
    live++;
  }
  return { timestampsMs: liveTimesMs, values: liveValues };
}

function countStale(values: Float64Array): number {
  if (allFinite(values)) return 0;
  const bits = bitsOf(values);
  let stale = 0;
  for (let i = 0; i < values.length; i++) if (isStaleAt(bits, i)) stale++;
  return stale;
}

/**
 * Whether no value is NaN or infinite, which is so for nearly every series: zero times each, in
 * four sums that the processor adds side by side.
 */
function allFinite(values: Float64Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) * 0;
    b += (values[i + 1] as number) * 0;
    c += (values[i + 2] as number) * 0;
    d += (values[i + 3] as number) * 0;
  }
  for (let i = whole; i < values.length; i++) a += (values[i] as number) * 0;
  return a + b + c + d === 0;
}
