/**
 * Rows of a range function over a selector: windows once per timestamp column, then the function
 * once per series. Staleness markers are taken out before the function sees the samples.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesBatch } from '@mon/storage/model/queryable';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';
import { emptyMatrix } from '../batch.ts';
import type { RangeSource } from '../plan/plan.ts';
import { ColumnMemo } from './column-memo.ts';
import type { SeriesRangeCall } from './range-call.ts';
import type { RowSink } from './row-sink.ts';
import type { ScanReader } from './scan.ts';
import { sampleWindows } from './windows.ts';

export type SelectorSource = Extract<RangeSource, { kind: 'selector' }>;

export class RangeRows implements ScanReader {
  readonly steps: number;
  readonly #source: SelectorSource;
  readonly #call: SeriesRangeCall;
  readonly #sink: RowSink;
  readonly #windows: ColumnMemo<Uint32Array>;

  constructor(source: SelectorSource, call: SeriesRangeCall, sink: RowSink) {
    const { reference, rangeMs } = source;
    this.steps = reference.steps;
    this.#source = source;
    this.#call = call;
    this.#sink = sink;
    this.#windows = new ColumnMemo((column) => sampleWindows(column, reference, rangeMs));
  }

  read(batch: SeriesBatch, from: number, to: number): void {
    const rows = emptyMatrix(batch.labels.slice(from, to), this.steps);
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
  let nans = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) nans++;
  }
  if (nans === 0) return 0;
  const bits = bitsOf(values);
  let stale = 0;
  for (let i = 0; i < values.length; i++) if (isStaleAt(bits, i)) stale++;
  return stale;
}
