/**
 * The samples of a range selector or subquery as they are: the answer of an instant query that
 * asks for a range.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesBatch } from '@mon/storage/model/queryable';
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
}

/** Copies the samples of the first step's window, staleness markers left out. */
export class RawSamples implements ScanReader {
  readonly steps = 1;
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
      if (live.values.length === 0) continue;
      this.#run.countHeld(live.values.length);
      this.series.push({ labels: batch.labels[series] as Labels, ...live });
    }
  }
}

/** The rows of a subquery as samples at the times of its grid. */
export function samplesOfRows(rows: SeriesMatrix, grid: StepGrid): RawSeries[] {
  const timesMs = gridTimes(grid);
  return rows.labels.map((labels, row) => ({ labels, ...samplesOfRow(rows, row, timesMs) }));
}
