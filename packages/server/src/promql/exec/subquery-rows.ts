/**
 * A range function over a subquery: the rows of the inside are the series, its grid their times.
 */
import { type SeriesMatrix, type StepGrid, stepTimeMs } from '../batch.ts';
import type { RangeSource } from '../plan/plan.ts';
import type { QueryRun } from './query-run.ts';
import type { SeriesRangeCall } from './range-call.ts';
import { RowScratch } from './row-scratch.ts';
import type { RowSink } from './row-sink.ts';
import { SAMPLES_AT_ONCE } from './window-table.ts';

export type SubquerySource = Extract<RangeSource, { kind: 'subquery' }>;

/** Rows given on at once. */
const SLICE_ROWS = 64;

/** Applies `call` to each row of `inner`, which stands on the subquery's grid. */
export async function pushSubqueryRows(
  inner: SeriesMatrix,
  { source, call }: { readonly source: SubquerySource; readonly call: SeriesRangeCall },
  { sink, run }: { readonly sink: RowSink; readonly run: QueryRun },
): Promise<void> {
  const { reference } = source;
  const timesMs = gridTimes(source.vector.grid);
  const wholeTable = call.tableOf(timesMs);
  const scratch = new RowScratch(reference.steps);
  for (let from = 0; from < inner.labels.length; from += SLICE_ROWS) {
    const slice = inner.labels.slice(from, from + SLICE_ROWS);
    const rows = scratch.rows(slice);
    for (const [i, labels] of slice.entries()) {
      const samples = samplesOfRow(inner, from + i, timesMs);
      const isWhole = samples.timestampsMs === timesMs;
      const table = isWhole ? wholeTable : call.tableOf(samples.timestampsMs);
      const series = { labels, ...samples, table };
      if (table.samples > SAMPLES_AT_ONCE)
        await call.evaluateInParts(series, { rows, row: i }, run);
      else call.evaluate(series, rows, i);
      if (run.isBreathDue()) await run.breathe();
      rows.dropName[i] = Math.max(rows.dropName[i] as number, inner.dropName[from + i] as number);
    }
    sink.push(rows);
  }
}

/** The times of a grid as a timestamp column. */
export function gridTimes(grid: StepGrid): Float64Array {
  return Float64Array.from({ length: grid.steps }, (_, step) => stepTimeMs(grid, step));
}

/** A row as samples: its present values at their times; `timesMs` itself where none is missing. */
export function samplesOfRow(
  matrix: SeriesMatrix,
  row: number,
  timesMs: Float64Array,
): { timestampsMs: Float64Array; values: Float64Array } {
  const { steps } = matrix;
  const values = matrix.values.subarray(row * steps, (row + 1) * steps);
  const presence = matrix.presence.subarray(row * steps, (row + 1) * steps);
  let present = 0;
  for (let step = 0; step < steps; step++) present += presence[step] as number;
  if (present === steps) return { timestampsMs: timesMs, values };
  const presentTimesMs = new Float64Array(present);
  const presentValues = new Float64Array(present);
  let at = 0;
  for (let step = 0; step < steps; step++) {
    if (presence[step] === 0) continue;
    presentTimesMs[at] = timesMs[step] as number;
    presentValues[at] = values[step] as number;
    at++;
  }
  return { timestampsMs: presentTimesMs, values: presentValues };
}
