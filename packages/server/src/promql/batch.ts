/**
 * What operators hand to each other: rows of series over the same grid of steps, as columns.
 *
 * Invariants: row i of `values` and `presence` is [i*steps, (i+1)*steps); where presence is 0 the
 * value is not to be read. Owner is whoever received the batch; it may write into it.
 */
import type { Labels } from '@mon/storage/model/labels';

/** The times an expression is evaluated at: startMs, startMs + stepMs, ..., `steps` of them. */
export interface StepGrid {
  readonly startMs: number;
  /** At least 1, also where there is only one step. */
  readonly stepMs: number;
  readonly steps: number;
}

export interface SeriesMatrix {
  /** [n] */
  readonly labels: Labels[];
  /**
   * [n] 1 where the metric name no longer belongs to the row and goes when the query ends: until
   * then `label_replace` and grouping by `__name__` still see it (delayed name removal).
   */
  readonly dropName: Uint8Array;
  /** [n*steps] row by row */
  readonly values: Float64Array;
  /** [n*steps] 1 where there is a value */
  readonly presence: Uint8Array;
  readonly steps: number;
}

/** A matrix of `labels.length` rows without a single value. */
export function emptyMatrix(labels: Labels[], steps: number): SeriesMatrix {
  const cells = labels.length * steps;
  return {
    labels,
    dropName: new Uint8Array(labels.length),
    values: new Float64Array(cells),
    presence: new Uint8Array(cells),
    steps,
  };
}

/** The time of one step. */
export function stepTimeMs(grid: StepGrid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}
