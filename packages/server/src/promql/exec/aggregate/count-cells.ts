/**
 * Cells of count, group, min and max.
 */
import { type CellKind, type CellMerge, type CellRow, type CellState, columnOf } from './cells.ts';

export const COUNT_CELLS: CellKind = {
  columns: 1,
  add: addCounts,
  merge: mergeCounts,
  finish: copyFirstColumn,
};

export const GROUP_CELLS: CellKind = {
  columns: 0,
  add: addSeen,
  merge: mergeSeen,
  finish: (_, out) => void out.fill(1),
};

/** NaN is passed over unless there is nothing else. */
export const MIN_CELLS: CellKind = {
  columns: 1,
  add: (state, row) => addExtremes(state, row, -1),
  merge: (state, merge) => mergeExtremes(state, merge, -1),
  finish: copyFirstColumn,
};

export const MAX_CELLS: CellKind = {
  columns: 1,
  add: (state, row) => addExtremes(state, row, 1),
  merge: (state, merge) => mergeExtremes(state, merge, 1),
  finish: copyFirstColumn,
};

function copyFirstColumn(state: CellState, out: Float64Array): void {
  out.set(columnOf(state, 0).subarray(0, out.length));
}

function addSeen({ seen }: CellState, { presence, from, to, steps }: CellRow): void {
  for (let step = 0; step < steps; step++) if (presence[from + step] === 1) seen[to + step] = 1;
}

function mergeSeen({ seen }: CellState, { other, from, to, steps }: CellMerge): void {
  for (let step = 0; step < steps; step++) if (other.seen[from + step] === 1) seen[to + step] = 1;
}

function addCounts(state: CellState, row: CellRow): void {
  const { presence, from, to, steps } = row;
  addSeen(state, row);
  const counts = columnOf(state, 0);
  for (let step = 0; step < steps; step++) {
    counts[to + step] = (counts[to + step] as number) + (presence[from + step] as number);
  }
}

function mergeCounts(state: CellState, merge: CellMerge): void {
  const { other, from, to, steps } = merge;
  mergeSeen(state, merge);
  const counts = columnOf(state, 0);
  const otherCounts = columnOf(other, 0);
  for (let step = 0; step < steps; step++) {
    counts[to + step] = (counts[to + step] as number) + (otherCounts[from + step] as number);
  }
}

/** `sign` 1 keeps the largest value, -1 the smallest. */
function addExtremes(state: CellState, row: CellRow, sign: 1 | -1): void {
  const { values, presence, from, to, steps } = row;
  const { seen } = state;
  const extremes = columnOf(state, 0);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const cell = to + step;
    const value = values[from + step] as number;
    const held = extremes[cell] as number;
    if (seen[cell] === 0 || value * sign > held * sign || Number.isNaN(held)) {
      extremes[cell] = value;
      seen[cell] = 1;
    }
  }
}

function mergeExtremes(
  state: CellState,
  { other, from, to, steps }: CellMerge,
  sign: 1 | -1,
): void {
  const values = columnOf(other, 0);
  addExtremes(state, { values, presence: other.seen, from, to, steps }, sign);
}
