/**
 * Cells of stddev and stdvar: Welford's running mean and sum of squared deviations, both with the
 * error of their additions; merged as Chan, Golub and LeVeque do.
 *
 * Columns: count, mean, error of the mean, squares, error of the squares. An infinite value makes
 * the answer NaN, as in Prometheus.
 */
import { type CellKind, type CellMerge, type CellRow, type CellState, columnOf } from './cells.ts';

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
  finish(state, out) {
    writeVariances(state, out);
    for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(out[i] as number);
  },
};

function addDeviations(state: CellState, row: CellRow): void {
  const { values, presence, from, to, steps } = row;
  const counts = columnOf(state, 0);
  const means = columnOf(state, 1);
  const meanErrors = columnOf(state, 2);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const cell = to + step;
    const value = values[from + step] as number;
    const count = (counts[cell] as number) + 1;
    counts[cell] = count;
    if (count === 1) {
      state.seen[cell] = 1;
      means[cell] = value;
      // Infinity has no deviation from itself: NaN from here on, and NaN stays.
      if (value - value !== 0) columnOf(state, 3)[cell] = Number.NaN;
      continue;
    }
    const before = value - (means[cell] as number) - (meanErrors[cell] as number);
    addTo(state, 1, { cell, term: before / count });
    const after = value - (means[cell] as number) - (meanErrors[cell] as number);
    addTo(state, 3, { cell, term: before * after });
  }
}

function mergeDeviations(state: CellState, { other, from, to, steps }: CellMerge): void {
  const counts = columnOf(state, 0);
  for (let step = 0; step < steps; step++) {
    const cell = to + step;
    const otherCell = from + step;
    const count = counts[cell] as number;
    const otherCount = columnOf(other, 0)[otherCell] as number;
    if (otherCount === 0) continue;
    if (count === 0) {
      state.seen[cell] = 1;
      for (const [i, own] of state.columns.entries()) {
        own[cell] = columnOf(other, i)[otherCell] as number;
      }
      continue;
    }
    const all = count + otherCount;
    const meanDelta =
      (columnOf(other, 1)[otherCell] as number) -
      (columnOf(state, 1)[cell] as number) +
      (columnOf(other, 2)[otherCell] as number) -
      (columnOf(state, 2)[cell] as number);
    addTo(state, 1, { cell, term: meanDelta * (otherCount / all) });
    addTo(state, 3, { cell, term: columnOf(other, 3)[otherCell] as number });
    addTo(state, 3, { cell, term: columnOf(other, 4)[otherCell] as number });
    addTo(state, 3, { cell, term: meanDelta * meanDelta * ((count * otherCount) / all) });
    counts[cell] = all;
  }
}

/** Adds a term to the sum in column `index`, whose error is in the column after it. */
function addTo(
  state: CellState,
  index: number,
  { cell, term }: { readonly cell: number; readonly term: number },
): void {
  const sums = columnOf(state, index);
  const errors = columnOf(state, index + 1);
  const sum = sums[cell] as number;
  const next = sum + term;
  const back = next - sum;
  const lost = sum - (next - back) + (term - back);
  sums[cell] = next;
  errors[cell] = !Number.isNaN(lost) ? (errors[cell] as number) + lost : 0;
}

function writeVariances(state: CellState, out: Float64Array): void {
  const counts = columnOf(state, 0);
  const squares = columnOf(state, 3);
  const errors = columnOf(state, 4);
  for (let i = 0; i < out.length; i++) {
    const square = (squares[i] as number) + (errors[i] as number);
    out[i] = Math.max(0, square / (counts[i] as number));
  }
}
