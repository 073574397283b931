/**
 * State of a streaming aggregation: for each group and step a cell of a few numbers.
 *
 * A cell takes values one by one (`add`), takes over what another part of the series came to
 * (`merge`), and gives the answer (`finish`). Sums carry the error of every addition along
 * (Neumaier's summation, as Prometheus does it), so that the answer hardly depends on the order in
 * which series come or on how they were split.
 */

export interface CellState {
  /** [cells] 1 where a cell has taken a value */
  readonly seen: Uint8Array;
  /** What the kind of cell needs, [cells] each, 0 at the beginning. */
  readonly columns: readonly Float64Array[];
}

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
  readonly other: CellState;
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

export interface CellKind {
  /** How many columns the state has, beside `seen`. */
  readonly columns: number;
  readonly add: (state: CellState, row: CellRow) => void;
  readonly merge: (state: CellState, merge: CellMerge) => void;
  /** Writes the answers of cells [0, out.length); those not seen are not read. */
  readonly finish: (state: CellState, out: Float64Array) => void;
}

/** A column of a state. */
export function columnOf(state: CellState, index: number): Float64Array {
  return state.columns[index] as Float64Array;
}
