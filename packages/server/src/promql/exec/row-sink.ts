/**
 * Where rows go while they are made, and the sink that keeps them.
 *
 * `push` borrows the batch: what is to stay is copied before it returns, because the maker writes
 * the next rows into the same memory.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';
import type { QueryRun } from './query-run.ts';

export interface RowSink {
  push(rows: SeriesMatrix): void;
}

/** Keeps every row that has at least one value. */
export class RowCollector implements RowSink {
  readonly #steps: number;
  readonly #run: QueryRun;
  #labels: Labels[] = [];
  #dropName: Uint8Array;
  #values: Float64Array;
  #presence: Uint8Array;

  constructor(steps: number, run: QueryRun) {
    this.#steps = steps;
    this.#run = run;
    const rows = Math.max(1, Math.min(16, Math.floor(65_536 / steps)));
    this.#dropName = new Uint8Array(rows);
    this.#values = new Float64Array(rows * steps);
    this.#presence = new Uint8Array(rows * steps);
  }

  push(rows: SeriesMatrix): void {
    const steps = this.#steps;
    for (let row = 0; row < rows.labels.length; row++) {
      const from = row * steps;
      if (!hasValue(rows.presence, from, from + steps)) continue;
      this.#run.countHeld(steps);
      const count = this.#labels.length;
      if (count === this.#dropName.length) this.#grow();
      this.#labels.push(rows.labels[row] as Labels);
      this.#dropName[count] = rows.dropName[row] as number;
      this.#values.set(rows.values.subarray(from, from + steps), count * steps);
      this.#presence.set(rows.presence.subarray(from, from + steps), count * steps);
    }
  }

  /** What was kept; the collector is empty afterwards. */
  take(): SeriesMatrix {
    const labels = this.#labels;
    const cells = labels.length * this.#steps;
    this.#labels = [];
    return {
      labels,
      dropName: this.#dropName.subarray(0, labels.length),
      values: this.#values.subarray(0, cells),
      presence: this.#presence.subarray(0, cells),
      steps: this.#steps,
    };
  }

  #grow(): void {
    const rows = this.#dropName.length * 2;
    const dropName = new Uint8Array(rows);
    dropName.set(this.#dropName);
    const values = new Float64Array(rows * this.#steps);
    values.set(this.#values);
    const presence = new Uint8Array(rows * this.#steps);
    presence.set(this.#presence);
    this.#dropName = dropName;
    this.#values = values;
    this.#presence = presence;
  }
}

/** Whether any of the cells [from, to) is present. */
export function hasValue(presence: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (presence[i] === 1) return true;
  return false;
}
