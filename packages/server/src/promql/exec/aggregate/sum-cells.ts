/**
 * Cells of sum and avg: a sum with the error of its additions.
 *
 * Columns: count, sum, error, scale. An average whose sum would overflow goes on with values scaled
 * down by `SCALE`, a power of two, so that nothing but the exponent changes; where Prometheus
 * changes to an incremental mean.
 * Source: Prometheus promql/engine.go aggregation(), util/kahansum.
 */
import {
  type CellColumns,
  type CellKind,
  type CellMerge,
  type CellRow,
  columnOf,
} from './cells.ts';

const SCALE = 2 ** -64;

export const SUM_CELLS: CellKind = {
  columns: 3,
  add: addSums,
  merge: mergeSums,
  finish(columns, out) {
    const sums = columnOf(columns, 1);
    const errors = columnOf(columns, 2);
    for (let i = 0; i < out.length; i++) out[i] = (sums[i] as number) + (errors[i] as number);
  },
};

export const AVG_CELLS: CellKind = {
  columns: 4,
  add: addAverages,
  merge: mergeAverages,
  finish(columns, out) {
    const counts = columnOf(columns, 0);
    const sums = columnOf(columns, 1);
    const errors = columnOf(columns, 2);
    const scaled = columnOf(columns, 3);
    for (let i = 0; i < out.length; i++) {
      const count = counts[i] as number;
      const mean = (sums[i] as number) / count + (errors[i] as number) / count;
      out[i] = scaled[i] === 1 ? mean / SCALE : mean;
    }
  },
};

function addSums(columns: CellColumns, row: CellRow): void {
  const { values, presence, from, to, steps } = row;
  const counts = columnOf(columns, 0);
  const sums = columnOf(columns, 1);
  const errors = columnOf(columns, 2);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const cell = to + step;
    const value = values[from + step] as number;
    const sum = sums[cell] as number;
    const next = sum + value;
    // What the addition lost, exactly (Knuth's two-sum); nothing sensible once it is infinite.
    const back = next - sum;
    const lost = sum - (next - back) + (value - back);
    counts[cell] = (counts[cell] as number) + 1;
    sums[cell] = next;
    errors[cell] = !Number.isNaN(lost) ? (errors[cell] as number) + lost : 0;
  }
}

function mergeSums(columns: CellColumns, { other, from, to, steps }: CellMerge): void {
  const counts = columnOf(columns, 0);
  const sums = columnOf(columns, 1);
  const errors = columnOf(columns, 2);
  for (let step = 0; step < steps; step++) {
    const cell = to + step;
    const otherCell = from + step;
    const value = columnOf(other, 1)[otherCell] as number;
    const sum = sums[cell] as number;
    const next = sum + value;
    const back = next - sum;
    const lost = sum - (next - back) + (value - back) + (columnOf(other, 2)[otherCell] as number);
    counts[cell] = (counts[cell] as number) + (columnOf(other, 0)[otherCell] as number);
    sums[cell] = next;
    errors[cell] = !Number.isNaN(lost) ? (errors[cell] as number) + lost : 0;
  }
}

function addAverages(columns: CellColumns, row: CellRow): void {
  const { values, presence, from, to, steps } = row;
  const counts = columnOf(columns, 0);
  const sums = columnOf(columns, 1);
  const errors = columnOf(columns, 2);
  const scaled = columnOf(columns, 3);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const cell = to + step;
    let value = values[from + step] as number;
    if (scaled[cell] === 1) value *= SCALE;
    if (overflows(sums[cell] as number, value)) {
      scaleCell(columns, cell);
      value *= SCALE;
    }
    const sum = sums[cell] as number;
    const next = sum + value;
    const back = next - sum;
    const lost = sum - (next - back) + (value - back);
    counts[cell] = (counts[cell] as number) + 1;
    sums[cell] = next;
    errors[cell] = !Number.isNaN(lost) ? (errors[cell] as number) + lost : 0;
  }
}

function mergeAverages(columns: CellColumns, { other, from, to, steps }: CellMerge): void {
  const sums = columnOf(columns, 1);
  const errors = columnOf(columns, 2);
  const scaled = columnOf(columns, 3);
  for (let step = 0; step < steps; step++) {
    const cell = to + step;
    const otherCell = from + step;
    if (columnOf(other, 3)[otherCell] === 1 && scaled[cell] === 0) scaleCell(columns, cell);
    let factor = scaled[cell] === 1 && columnOf(other, 3)[otherCell] === 0 ? SCALE : 1;
    if (overflows(sums[cell] as number, (columnOf(other, 1)[otherCell] as number) * factor)) {
      scaleCell(columns, cell);
      factor *= SCALE;
    }
    const value = (columnOf(other, 1)[otherCell] as number) * factor;
    const sum = sums[cell] as number;
    const next = sum + value;
    const back = next - sum;
    const otherError = (columnOf(other, 2)[otherCell] as number) * factor;
    const lost = sum - (next - back) + (value - back) + otherError;
    const counts = columnOf(columns, 0);
    counts[cell] = (counts[cell] as number) + (columnOf(other, 0)[otherCell] as number);
    sums[cell] = next;
    errors[cell] = !Number.isNaN(lost) ? (errors[cell] as number) + lost : 0;
  }
}

/** Whether two finite numbers have an infinite sum. */
function overflows(a: number, b: number): boolean {
  const sum = a + b;
  return sum - sum !== 0 && a - a === 0 && b - b === 0;
}

function scaleCell(columns: CellColumns, cell: number): void {
  const sums = columnOf(columns, 1);
  const errors = columnOf(columns, 2);
  sums[cell] = (sums[cell] as number) * SCALE;
  errors[cell] = (errors[cell] as number) * SCALE;
  columnOf(columns, 3)[cell] = 1;
}
