/**
 * The samples of a range selector or subquery as they are: the answer of an instant query that
 * asks for a range.
 */
import {
  copyRun,
  type HistogramRun,
  NO_HISTOGRAMS,
  samplesWeight,
  sliceRun,
} from '@mon/storage/model/histogram-run';
import type { Labels } from '@mon/storage/model/labels';
import { laneRun, type SeriesBatch } from '@mon/storage/model/queryable';
import type { SeriesMatrix, StepGrid } from '../batch.ts';
import type { QueryRun } from './query-run.ts';
import { type SelectorSource, withoutStale } from './range-rows.ts';
import type { ScanReader } from './scan.ts';
import { gridTimes, samplesOfRow } from './subquery-rows.ts';
import { sampleWindows } from './windows.ts';

export interface RawSeries {
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** Staleness markers among them. */
  readonly histograms: HistogramRun;
}

/** Copies the samples of the first step's window, staleness markers left out. */
export class RawSamples implements ScanReader {
  readonly steps = 1;
  readonly wantsHistograms = true;
  readonly series: RawSeries[] = [];
  readonly #source: SelectorSource;
  readonly #run: QueryRun;

  constructor(source: SelectorSource, run: QueryRun) {
    this.#source = source;
    this.#run = run;
  }

  read(batch: SeriesBatch, from: number, to: number): undefined {
    const { reference, rangeMs } = this.#source;
    for (let series = from; series < to; series++) {
      const column = batch.timestampColumns[
        batch.timestampColumn[series] as number
      ] as Float64Array;
      const [start = 0, end = 0] = sampleWindows(column, reference, rangeMs);
      const offset = batch.valueOffsets[series] as number;
      const timestampsMs = column.slice(start, end);
      const values = batch.values.slice(offset + start, offset + end);
      const live = withoutStale(timestampsMs, values) ?? { timestampsMs, values };
      const histograms = this.#histograms(batch, series);
      const held = live.values.length + samplesWeight(histograms);
      if (held === 0) continue;
      this.#run.countHeld(held);
      this.series.push({ labels: batch.labels[series] as Labels, ...live, histograms });
    }
  }

  #histograms({ histograms }: SeriesBatch, series: number): HistogramRun {
    if (histograms === undefined) return NO_HISTOGRAMS;
    const { reference, rangeMs } = this.#source;
    const run = laneRun(histograms, series);
    const [start = 0, end = 0] = sampleWindows(run.timestampsMs, reference, rangeMs);
    return copyRun(sliceRun(run, start, end));
  }
}

/** The rows of a subquery as samples at the times of its grid. */
export function samplesOfRows(rows: SeriesMatrix, grid: StepGrid): RawSeries[] {
  const timesMs = gridTimes(grid);
  return rows.labels.map((labels, row) => ({
    labels,
    ...samplesOfRow(rows, row, timesMs),
    histograms: NO_HISTOGRAMS,
  }));
}
