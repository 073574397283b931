/**
 * Rows found by their labels, made when first asked for.
 */
import { dropLabels, type Labels, labelsKey, METRIC_NAME } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';
import { queryFailed } from './query-errors.ts';
import type { QueryRun } from './query-run.ts';

/** What Prometheus says of two values of one label set at one step. */
const SAME_LABELSET = 'vector cannot contain metrics with the same labelset';

export class KeyedRows {
  readonly #steps: number;
  readonly #run: QueryRun;
  readonly #rows = new Map<string, number>();
  readonly #labels: Labels[] = [];
  #dropName = new Uint8Array(8);
  #values: Float64Array;
  #presence: Uint8Array;

  constructor(steps: number, run: QueryRun) {
    this.#steps = steps;
    this.#run = run;
    this.#values = new Float64Array(8 * steps);
    this.#presence = new Uint8Array(8 * steps);
  }

  /** [rows*steps] valid until the next row is made, as `presence` is. */
  get values(): Float64Array {
    return this.#values;
  }

  get presence(): Uint8Array {
    return this.#presence;
  }

  /** The row of these labels; rows that keep and that lose their name are apart. */
  rowOf(labels: Labels, dropName: number): number {
    const key = dropName === 1 ? `${labelsKey(labels)}\u0000` : labelsKey(labels);
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#labels.length;
    this.#run.countHeld(this.#steps);
    if (row === this.#dropName.length) this.#grow();
    this.#rows.set(key, row);
    this.#labels.push(labels);
    this.#dropName[row] = dropName;
    return row;
  }

  /** All rows made so far, in the order in which they were first asked for. */
  toMatrix(): SeriesMatrix {
    const cells = this.#labels.length * this.#steps;
    return {
      labels: this.#labels,
      dropName: this.#dropName.subarray(0, this.#labels.length),
      values: this.#values.subarray(0, cells),
      presence: this.#presence.subarray(0, cells),
      steps: this.#steps,
    };
  }

  #grow(): void {
    const rows = this.#dropName.length * 2;
    const dropName = new Uint8Array(rows);
    dropName.set(this.#dropName);
    this.#dropName = dropName;
    const values = new Float64Array(rows * this.#steps);
    values.set(this.#values);
    this.#values = values;
    const presence = new Uint8Array(rows * this.#steps);
    presence.set(this.#presence);
    this.#presence = presence;
  }
}

/**
 * Makes one row of those that have the same labels.
 *
 * @throws MonError `query-failed` where two of them have a value at the same step
 */
export function mergeEqualRows(matrix: SeriesMatrix, run: QueryRun): SeriesMatrix {
  const seen = new Set<string>();
  for (const labels of matrix.labels) seen.add(labelsKey(labels));
  if (seen.size === matrix.labels.length) return matrix;
  const { steps } = matrix;
  const merged = new KeyedRows(steps, run);
  for (const [row, labels] of matrix.labels.entries()) {
    const to = merged.rowOf(labels, matrix.dropName[row] as number) * steps;
    const { values, presence } = merged;
    for (let step = 0; step < steps; step++) {
      if (matrix.presence[row * steps + step] === 0) continue;
      if (presence[to + step] === 1) throw queryFailed(SAME_LABELSET);
      values[to + step] = matrix.values[row * steps + step] as number;
      presence[to + step] = 1;
    }
  }
  return merged.toMatrix();
}

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

/**
 * Takes the metric name off the rows that are to lose it: the last thing done to a query's answer.
 *
 * @throws MonError `query-failed` where rows that differed by name alone have values together
 */
export function dropNames(matrix: SeriesMatrix, run: QueryRun): SeriesMatrix {
  if (!matrix.dropName.includes(1)) return mergeEqualRows(matrix, run);
  const labels = matrix.labels.map((ofRow, row) =>
    matrix.dropName[row] === 1 ? dropLabels(ofRow, NAME_ONLY) : ofRow,
  );
  return mergeEqualRows({ ...matrix, labels, dropName: new Uint8Array(labels.length) }, run);
}
