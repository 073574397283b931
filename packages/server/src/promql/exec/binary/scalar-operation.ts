/**
 * Operations with a scalar: on each value of the rows that stream by, and between two scalars.
 */
import type { SeriesMatrix } from '../../batch.ts';
import type { ScalarSideOperationPlan } from '../../plan/plan.ts';
import { isComparison, type NumberOperator, operate, operatorCode } from '../arithmetic.ts';
import type { RowSink } from '../row-sink.ts';

/** Changes rows in place and hands them on. */
export class ScalarOperation implements RowSink {
  readonly #plan: ScalarSideOperationPlan;
  readonly #scalar: Float64Array;
  readonly #sink: RowSink;
  readonly #isFilter: boolean;

  /** @param scalar [steps] */
  constructor(plan: ScalarSideOperationPlan, scalar: Float64Array, sink: RowSink) {
    this.#plan = plan;
    this.#scalar = scalar;
    this.#sink = sink;
    this.#isFilter = isComparison(plan.operator) && !plan.returnBool;
  }

  push(rows: SeriesMatrix): void {
    const code = operatorCode(this.#plan.operator);
    const { isScalarLeft } = this.#plan;
    if (this.#isFilter) filterRows(rows, this.#scalar, { code, isScalarLeft });
    else {
      operateRows(rows, this.#scalar, { code, isScalarLeft });
      rows.dropName.fill(1);
    }
    this.#sink.push(rows);
  }
}

interface ScalarSide {
  /** See `operatorCode`. */
  readonly code: number;
  readonly isScalarLeft: boolean;
}

function operateRows(rows: SeriesMatrix, scalar: Float64Array, side: ScalarSide): void {
  const { code, isScalarLeft } = side;
  const { values, steps } = rows;
  const cells = rows.labels.length * steps;
  for (let from = 0; from < cells; from += steps) {
    for (let step = 0; step < steps; step++) {
      const value = values[from + step] as number;
      const other = scalar[step] as number;
      values[from + step] = isScalarLeft
        ? operate(code, other, value)
        : operate(code, value, other);
    }
  }
}

function filterRows(rows: SeriesMatrix, scalar: Float64Array, side: ScalarSide): void {
  const { code, isScalarLeft } = side;
  const { values, presence, steps } = rows;
  const cells = rows.labels.length * steps;
  for (let from = 0; from < cells; from += steps) {
    for (let step = 0; step < steps; step++) {
      const value = values[from + step] as number;
      const other = scalar[step] as number;
      const holds = isScalarLeft ? operate(code, other, value) : operate(code, value, other);
      if (holds === 0) presence[from + step] = 0;
    }
  }
}

/** An operation between two scalars, step by step. @returns a new [steps] */
export function operateScalars(
  operator: NumberOperator,
  left: Float64Array,
  right: Float64Array,
): Float64Array {
  const code = operatorCode(operator);
  return left.map((value, step) => operate(code, value, right[step] as number));
}
