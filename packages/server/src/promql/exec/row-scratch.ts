/**
 * Memory for the rows of one slice after the other, so that making rows makes no garbage.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';

export class RowScratch {
  readonly #steps: number;
  #dropName = new Uint8Array(0);
  #values = new Float64Array(0);
  #presence = new Uint8Array(0);

  constructor(steps: number) {
    this.#steps = steps;
  }

  /** Rows without a value, valid until the next call; the values are whatever was there. */
  rows(labels: Labels[]): SeriesMatrix {
    const rows = labels.length;
    const steps = this.#steps;
    if (rows > this.#dropName.length) {
      this.#dropName = new Uint8Array(rows);
      this.#values = new Float64Array(rows * steps);
      this.#presence = new Uint8Array(rows * steps);
    }
    const dropName = this.#dropName.subarray(0, rows).fill(0);
    const presence = this.#presence.subarray(0, rows * steps).fill(0);
    return { labels, dropName, values: this.#values.subarray(0, rows * steps), presence, steps };
  }
}
