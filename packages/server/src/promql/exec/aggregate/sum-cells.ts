/**
 * Cells of sum and avg: a sum with the error of its additions.
 *
 * Columns: sum, error, and for avg count and whether the cell is scaled. An average whose sum would
 * overflow goes on with values scaled down by `SCALE`, a power of two, so that nothing but the
 * exponent changes; where Prometheus changes to an incremental mean.
 * Source: Prometheus promql/engine.go aggregation(), util/kahansum.
 */
import { type CellKind, type CellMerge, type CellRow, type CellState, columnOf } from './cells.ts';

const SCALE = 2 ** -64;

const [SUM, ERROR, COUNT, SCALED] = [0, 1, 2, 3];

export const SUM_CELLS: CellKind = {
  columns: 2,
  add: addSums,
  merge: mergeSums,
  finish(state, out) {
    const sums = columnOf(state, SUM);
    const errors = columnOf(state, ERROR);
    for (let i = 0; i < out.length; i++) out[i] = corrected(sums[i] as number, errors[i] as number);
  },
};

export const AVG_CELLS: CellKind = {
  columns: 4,
  add: addAverages,
  merge: mergeAverages,
  finish(state, out) {
    const sums = columnOf(state, SUM);
    const errors = columnOf(state, ERROR);
    const counts = columnOf(state, COUNT);
    const scaled = columnOf(state, SCALED);
    for (let i = 0; i < out.length; i++) {
      const count = counts[i] as number;
      const mean = corrected((sums[i] as number) / count, (errors[i] as number) / count);
      out[i] = scaled[i] === 1 ? mean / SCALE : mean;
    }
  },
};

/** The error of an infinite sum, or of one with NaN in it, is NaN and says nothing. */
function corrected(sum: number, error: number): number {
  return Number.isNaN(error) ? sum : sum + error;
}

function addSums(state: CellState, row: CellRow): void {
  const { values, presence, from, to, steps } = row;
  const { seen } = state;
  const sums = columnOf(state, SUM);
  const errors = columnOf(state, ERROR);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const cell = to + step;
    const value = values[from + step] as number;
    const sum = sums[cell] as number;
    const next = sum + value;
    // What the addition lost, exactly: Knuth's two-sum.
    const back = next - sum;
    errors[cell] = (errors[cell] as number) + (sum - (next - back) + (value - back));
    sums[cell] = next;
    seen[cell] = 1;
  }
}

function mergeSums(state: CellState, { other, from, to, steps }: CellMerge): void {
  addSums(state, { values: columnOf(other, SUM), presence: other.seen, from, to, steps });
  const errors = columnOf(state, ERROR);
  const otherErrors = columnOf(other, ERROR);
  for (let step = 0; step < steps; step++) {
    errors[to + step] = (errors[to + step] as number) + (otherErrors[from + step] as number);
  }
}

function addAverages(state: CellState, row: CellRow): void {
  const { values, presence, from, to, steps } = row;
  const { seen } = state;
  const sums = columnOf(state, SUM);
  const errors = columnOf(state, ERROR);
  const counts = columnOf(state, COUNT);
  const scaled = columnOf(state, SCALED);
  for (let step = 0; step < steps; step++) {
    if (presence[from + step] === 0) continue;
    const cell = to + step;
    let value = values[from + step] as number;
    let sum = sums[cell] as number;
    if (scaled[cell] === 1) value *= SCALE;
    else if (overflows(sum, value)) {
      scaleCell(state, cell);
      value *= SCALE;
      sum *= SCALE;
    }
    const next = sum + value;
    const back = next - sum;
    errors[cell] = (errors[cell] as number) + (sum - (next - back) + (value - back));
    sums[cell] = next;
    counts[cell] = (counts[cell] as number) + 1;
    seen[cell] = 1;
  }
}

function mergeAverages(state: CellState, { other, from, to, steps }: CellMerge): void {
  const sums = columnOf(state, SUM);
  const errors = columnOf(state, ERROR);
  const counts = columnOf(state, COUNT);
  const scaled = columnOf(state, SCALED);
  for (let step = 0; step < steps; step++) {
    const cell = to + step;
    const otherCell = from + step;
    if (other.seen[otherCell] === 0) continue;
    const otherSum = columnOf(other, SUM)[otherCell] as number;
    const isOtherScaled = columnOf(other, SCALED)[otherCell] === 1;
    if (scaled[cell] === 0 && (isOtherScaled || overflows(sums[cell] as number, otherSum))) {
      scaleCell(state, cell);
    }
    const factor = scaled[cell] === 1 && !isOtherScaled ? SCALE : 1;
    const value = otherSum * factor;
    const sum = sums[cell] as number;
    const next = sum + value;
    const back = next - sum;
    const otherError = (columnOf(other, ERROR)[otherCell] as number) * factor;
    const lost = sum - (next - back) + (value - back) + otherError;
    errors[cell] = (errors[cell] as number) + lost;
    sums[cell] = next;
    counts[cell] = (counts[cell] as number) + (columnOf(other, COUNT)[otherCell] as number);
    state.seen[cell] = 1;
  }
}

/** Whether two finite numbers have an infinite sum. */
function overflows(a: number, b: number): boolean {
  return !Number.isFinite(a + b) && Number.isFinite(a) && Number.isFinite(b);
}

function scaleCell(state: CellState, cell: number): void {
  const sums = columnOf(state, SUM);
  const errors = columnOf(state, ERROR);
  sums[cell] = (sums[cell] as number) * SCALE;
  errors[cell] = (errors[cell] as number) * SCALE;
  columnOf(state, SCALED)[cell] = 1;
}
