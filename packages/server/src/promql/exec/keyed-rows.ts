/**
 * Rows found by their labels, made when first asked for.
 */
import { type Labels, labelsKey } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';
import type { QueryRun } from './query-run.ts';

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
