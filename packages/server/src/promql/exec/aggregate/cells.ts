/**
 * State of a streaming aggregation: for each group and step a cell of a few numbers.
 *
 * A cell takes values one by one (`add`), takes over what another part of the series came to
 * (`merge`), and gives the answer (`finish`). Sums carry the error of every addition along
 * (Neumaier's summation, as Prometheus does it), so that the answer hardly depends on the order in
 * which series come or on how they were split.
 */

/** Columns of numbers, one per cell each; column 0 counts the values that a cell has taken. */
export type CellColumns = readonly Float64Array[];

/** A row of values and the row of cells that takes them. */
export interface CellRow {
  readonly values: Float64Array;
  readonly presence: Uint8Array;
  /** Where the row starts among the values. */
  readonly from: number;
  /** Where the group's row starts among the cells. */
  readonly to: number;
  readonly steps: number;
}

/** A row of another state's cells and the row of cells that takes it over. */
export interface CellMerge {
  readonly other: CellColumns;
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

export interface CellKind {
  /** How many columns the state has. */
  readonly columns: number;
  readonly add: (columns: CellColumns, row: CellRow) => void;
  readonly merge: (columns: CellColumns, merge: CellMerge) => void;
  /** Writes the answers of cells [0, out.length); those with a count of 0 are not read. */
  readonly finish: (columns: CellColumns, out: Float64Array) => void;
}

/** A column of a state. */
export function columnOf(columns: CellColumns, index: number): Float64Array {
  return columns[index] as Float64Array;
}
