/**
 * Cells of count, group, min and max.
 */
import {
  type CellColumns,
  type CellKind,
  type CellMerge,
  type CellRow,
  columnOf,
} from './cells.ts';

export const COUNT_CELLS: CellKind = {
  columns: 1,
  add: addCounts,
  merge: mergeCounts,
  finish: (columns, out) => out.set(columnOf(columns, 0).subarray(0, out.length)),
};

export const GROUP_CELLS: CellKind = {
  columns: 1,
  add: addCounts,
  merge: mergeCounts,
  finish: (_, out) => void out.fill(1),
};

/** NaN counts as smaller than everything for max, larger for min: it wins only where it is alone. */
export const MIN_CELLS: CellKind = {
  columns: 2,
  add: (columns, row) => addExtremes(columns, row, -1),
  merge: (columns, merge) => mergeExtremes(columns, merge, -1),
  finish: (columns, out) => out.set(columnOf(columns, 1).subarray(0, out.length)),
};

export const MAX_CELLS: CellKind = {
  columns: 2,
  add: (columns, row) => addExtremes(columns, row, 1),
  merge: (columns, merge) => mergeExtremes(columns, merge, 1),
  finish: (columns, out) => out.set(columnOf(columns, 1).subarray(0, out.length)),
};

function addCounts(columns: CellColumns, { presence, from, to, steps }: CellRow): void {
  const counts = columnOf(columns, 0);
  for (let step = 0; step < steps; step++) {
    counts[to + step] = (counts[to + step] as number) + (presence[from + step] as number);
  }
}

function mergeCounts(columns: CellColumns, { other, from, to, steps }: CellMerge): void {
  const counts = columnOf(columns, 0);
  const otherCounts = columnOf(other, 0);
  for (let step = 0; step < steps; step++) {
    counts[to + step] = (counts[to + step] as number) + (otherCounts[from + step] as number);
  }
}

/** `sign` 1 keeps the largest value, -1 the smallest. */
function addExtremes(columns: CellColumns, row: CellRow, sign: 1 | -1): void {
  const { values, presence, from, to, steps } = row;
  const counts = columnOf(columns, 0);
  const extremes = columnOf(columns, 1);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const value = values[from + step] as number;
    const held = extremes[to + step] as number;
    if (counts[to + step] === 0 || value * sign > held * sign || Number.isNaN(held)) {
      extremes[to + step] = value;
    }
    counts[to + step] = (counts[to + step] as number) + 1;
  }
}

function mergeExtremes(columns: CellColumns, merge: CellMerge, sign: 1 | -1): void {
  const { other, from, to, steps } = merge;
  const counts = columnOf(columns, 0);
  const extremes = columnOf(columns, 1);
  const otherCounts = columnOf(other, 0);
  const otherExtremes = columnOf(other, 1);
  for (let step = 0; step < steps; step++) {
    if (otherCounts[from + step] === 0) continue;
    const value = otherExtremes[from + step] as number;
    const held = extremes[to + step] as number;
    if (counts[to + step] === 0 || value * sign > held * sign || Number.isNaN(held)) {
      extremes[to + step] = value;
    }
    counts[to + step] = (counts[to + step] as number) + (otherCounts[from + step] as number);
  }
}
