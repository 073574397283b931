/**
 * Rows of a range function over a selector: windows once per timestamp column, then the function
 * once per series. Staleness markers are taken out before the function sees the samples.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesBatch } from '@mon/storage/model/queryable';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';
import type { RangeSource } from '../plan/plan.ts';
import { ColumnMemo } from './column-memo.ts';
import type { QueryRun } from './query-run.ts';
import type { SeriesRangeCall, SeriesWindows } from './range-call.ts';
import { RowScratch } from './row-scratch.ts';
import type { RowSink } from './row-sink.ts';
import type { ScanReader } from './scan.ts';
import { SAMPLES_AT_ONCE, type WindowTable } from './window-table.ts';

export type SelectorSource = Extract<RangeSource, { kind: 'selector' }>;

export class RangeRows implements ScanReader {
  readonly steps: number;
  readonly #call: SeriesRangeCall;
  readonly #sink: RowSink;
  readonly #run: QueryRun;
  readonly #scratch: RowScratch;
  readonly #tables: ColumnMemo<WindowTable>;

  constructor(
    source: SelectorSource,
    call: SeriesRangeCall,
    { sink, run }: { readonly sink: RowSink; readonly run: QueryRun },
  ) {
    const { steps } = source.reference;
    this.steps = steps;
    this.#call = call;
    this.#sink = sink;
    this.#run = run;
    this.#scratch = new RowScratch(steps);
    this.#tables = new ColumnMemo((column) => call.tableOf(column));
  }

  read(batch: SeriesBatch, from: number, to: number): Promise<void> | undefined {
    const tables = this.#tables.of(batch);
    const samplesMax = tables.reduce((most, { samples }) => Math.max(most, samples), 0);
    if (samplesMax * (to - from) > SAMPLES_AT_ONCE) return this.#readSlowly(batch, from, to);
    const rows = this.#scratch.rows(batch.labels.slice(from, to));
    for (let series = from; series < to; series++) {
      this.#call.evaluate(this.#seriesWindows(batch, series), rows, series - from);
    }
    this.#sink.push(rows);
    return undefined;
  }

  /** As `read`, with turns of the event loop between series, and between steps of a long one. */
  async #readSlowly(batch: SeriesBatch, from: number, to: number): Promise<void> {
    const rows = this.#scratch.rows(batch.labels.slice(from, to));
    for (let i = from; i < to; i++) {
      const series = this.#seriesWindows(batch, i);
      const row = i - from;
      if (series.table.samples > SAMPLES_AT_ONCE) {
        await this.#call.evaluateInParts(series, { rows, row }, this.#run);
      } else {
        this.#call.evaluate(series, rows, row);
        if (this.#run.isBreathDue()) await this.#run.breathe();
      }
    }
    this.#sink.push(rows);
  }

  #seriesWindows(batch: SeriesBatch, series: number): SeriesWindows {
    const labels = batch.labels[series] as Labels;
    const column = batch.timestampColumn[series] as number;
    const timestampsMs = batch.timestampColumns[column] as Float64Array;
    const values = batch.values.subarray(
      batch.valueOffsets[series] as number,
      batch.valueOffsets[series + 1] as number,
    );
    const live = withoutStale(timestampsMs, values);
    if (live !== undefined) {
      return { labels, ...live, table: this.#call.tableOf(live.timestampsMs) };
    }
    return { labels, timestampsMs, values, table: this.#tables.of(batch)[column] as WindowTable };
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

/** Whether no value is NaN or infinite, which is so for nearly every series. */
function allFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // Zero for whatever is finite, else NaN: one test for both.
    if (value - value !== 0) return false;
  }
  return true;
}
