/**
 * Cells of stddev and stdvar: Welford's running mean and sum of squared deviations, both with the
 * error of their additions; merged as Chan, Golub and LeVeque do.
 *
 * Columns: count, mean, error of the mean, squares, error of the squares. An infinite value makes
 * the answer NaN, as in Prometheus.
 */
import {
  type CellColumns,
  type CellKind,
  type CellMerge,
  type CellRow,
  columnOf,
} from './cells.ts';

export const STDVAR_CELLS: CellKind = {
  columns: 5,
  add: addDeviations,
  merge: mergeDeviations,
  finish: writeVariances,
};

export const STDDEV_CELLS: CellKind = {
  columns: 5,
  add: addDeviations,
  merge: mergeDeviations,
  finish(columns, out) {
    writeVariances(columns, out);
    for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(out[i] as number);
  },
};

function addDeviations(columns: CellColumns, row: CellRow): void {
  const { values, presence, from, to, steps } = row;
  const counts = columnOf(columns, 0);
  const means = columnOf(columns, 1);
  const meanErrors = columnOf(columns, 2);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const cell = to + step;
    const value = values[from + step] as number;
    const count = (counts[cell] as number) + 1;
    counts[cell] = count;
    if (count === 1) {
      means[cell] = value;
      // Infinity has no deviation from itself: NaN from here on, and NaN stays.
      if (value - value !== 0) columnOf(columns, 3)[cell] = Number.NaN;
      continue;
    }
    const before = value - (means[cell] as number) - (meanErrors[cell] as number);
    addTo(columns, 1, { cell, term: before / count });
    const after = value - (means[cell] as number) - (meanErrors[cell] as number);
    addTo(columns, 3, { cell, term: before * after });
  }
}

function mergeDeviations(columns: CellColumns, { other, from, to, steps }: CellMerge): void {
  const counts = columnOf(columns, 0);
  for (let step = 0; step < steps; step++) {
    const cell = to + step;
    const otherCell = from + step;
    const count = counts[cell] as number;
    const otherCount = columnOf(other, 0)[otherCell] as number;
    if (otherCount === 0) continue;
    if (count === 0) {
      for (const [i, own] of columns.entries()) own[cell] = columnOf(other, i)[otherCell] as number;
      continue;
    }
    const all = count + otherCount;
    const meanDelta =
      (columnOf(other, 1)[otherCell] as number) -
      (columnOf(columns, 1)[cell] as number) +
      (columnOf(other, 2)[otherCell] as number) -
      (columnOf(columns, 2)[cell] as number);
    addTo(columns, 1, { cell, term: meanDelta * (otherCount / all) });
    addTo(columns, 3, { cell, term: columnOf(other, 3)[otherCell] as number });
    addTo(columns, 3, { cell, term: columnOf(other, 4)[otherCell] as number });
    addTo(columns, 3, { cell, term: meanDelta * meanDelta * ((count * otherCount) / all) });
    counts[cell] = all;
  }
}

/** Adds a term to the sum in column `index`, whose error is in the column after it. */
function addTo(
  columns: CellColumns,
  index: number,
  { cell, term }: { readonly cell: number; readonly term: number },
): void {
  const sums = columnOf(columns, index);
  const errors = columnOf(columns, index + 1);
  const sum = sums[cell] as number;
  const next = sum + term;
  const back = next - sum;
  const lost = sum - (next - back) + (term - back);
  sums[cell] = next;
  errors[cell] = !Number.isNaN(lost) ? (errors[cell] as number) + lost : 0;
}

function writeVariances(columns: CellColumns, out: Float64Array): void {
  const counts = columnOf(columns, 0);
  const squares = columnOf(columns, 3);
  const errors = columnOf(columns, 4);
  for (let i = 0; i < out.length; i++) {
    const square = (squares[i] as number) + (errors[i] as number);
    out[i] = Math.max(0, square / (counts[i] as number));
  }
}
