/**
 * Rows of an instant selector: at each step the series' latest sample within the lookback, unless
 * that sample is a staleness marker.
 */
import type { SeriesBatch } from '@mon/storage/model/queryable';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';
import type { SeriesMatrix } from '../batch.ts';
import type { InstantSelectorPlan } from '../plan/plan.ts';
import { ColumnMemo } from './column-memo.ts';
import { RowScratch } from './row-scratch.ts';
import type { RowSink } from './row-sink.ts';
import type { ScanReader } from './scan.ts';
import { latestSamples } from './windows.ts';

export class InstantRows implements ScanReader {
  readonly steps: number;
  readonly #sink: RowSink;
  readonly #scratch: RowScratch;
  readonly #emits: InstantSelectorPlan['emits'];
  readonly #picks: ColumnMemo<Int32Array>;

  constructor(plan: InstantSelectorPlan, sink: RowSink) {
    const { reference, lookbackMs, emits } = plan;
    this.steps = reference.steps;
    this.#sink = sink;
    this.#scratch = new RowScratch(reference.steps);
    this.#emits = emits;
    this.#picks = new ColumnMemo((column) => latestSamples(column, reference, lookbackMs));
  }

  read(batch: SeriesBatch, from: number, to: number): undefined {
    const rows = this.#scratch.rows(batch.labels.slice(from, to));
    const picks = this.#picks.of(batch);
    if (this.#emits === 'value') {
      pickValues({ batch, from, to }, picks, rows);
    } else {
      rows.dropName.fill(1);
      pickTimes({ batch, from, to }, picks, rows);
    }
    this.#sink.push(rows);
  }
}

/** Series [from, to) of a batch. */
interface SeriesSlice {
  readonly batch: SeriesBatch;
  readonly from: number;
  readonly to: number;
}

/**
 * Copies the picked sample of each step, staleness markers left out.
 *
 * @param picks for each timestamp column of the batch: [steps] index into the column, or -1
 * @param rows  [to-from] rows, written here
 */
function pickValues(slice: SeriesSlice, picks: readonly Int32Array[], rows: SeriesMatrix): void {
  const { batch, from, to } = slice;
  const { values: out, presence, steps } = rows;
  const { values } = batch;
  const bits = bitsOf(values);
  for (let series = from; series < to; series++) {
    const seriesPicks = picks[batch.timestampColumn[series] as number] as Int32Array;
    const offset = batch.valueOffsets[series] as number;
    const row = (series - from) * steps;
    for (let step = 0; step < steps; step++) {
      const pick = seriesPicks[step] as number;
      if (pick < 0) continue;
      const value = values[offset + pick] as number;
      // A marker is one of the NaNs: only those are looked at by their bits.
      if (Number.isNaN(value) && isStaleAt(bits, offset + pick)) continue;
      out[row + step] = value;
      presence[row + step] = 1;
    }
  }
}

/** As `pickValues`, but gives the time of the picked sample, in seconds. */
function pickTimes(slice: SeriesSlice, picks: readonly Int32Array[], rows: SeriesMatrix): void {
  const { batch, from, to } = slice;
  const { values: out, presence, steps } = rows;
  const bits = bitsOf(batch.values);
  for (let series = from; series < to; series++) {
    const column = batch.timestampColumn[series] as number;
    const timestampsMs = batch.timestampColumns[column] as Float64Array;
    const seriesPicks = picks[column] as Int32Array;
    const offset = batch.valueOffsets[series] as number;
    const row = (series - from) * steps;
    for (let step = 0; step < steps; step++) {
      const pick = seriesPicks[step] as number;
      if (pick < 0 || isStaleAt(bits, offset + pick)) continue;
      out[row + step] = (timestampsMs[pick] as number) / 1000;
      presence[row + step] = 1;
    }
  }
}
