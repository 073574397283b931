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

/** Cells that a collector's memory grows by. */
const BLOCK_CELLS = 65_536;

/** Keeps every row that has at least one value. */
export class RowCollector implements RowSink {
  readonly #steps: number;
  readonly #run: QueryRun;
  readonly #rowsPerBlock: number;
  #labels: Labels[] = [];
  #dropName: number[] = [];
  /** Whole blocks of rows, the last one being filled: growing copies nothing. */
  #blocks: { readonly values: Float64Array; readonly presence: Uint8Array }[] = [];

  constructor(steps: number, run: QueryRun) {
    this.#steps = steps;
    this.#run = run;
    this.#rowsPerBlock = Math.max(1, Math.floor(BLOCK_CELLS / steps));
  }

  push(rows: SeriesMatrix): void {
    const steps = this.#steps;
    for (let row = 0; row < rows.labels.length; row++) {
      const from = row * steps;
      if (!hasValue(rows.presence, from, from + steps)) continue;
      this.#run.countHeld(steps);
      const to = (this.#labels.length % this.#rowsPerBlock) * steps;
      if (to === 0) {
        const cells = this.#rowsPerBlock * steps;
        this.#blocks.push({ values: new Float64Array(cells), presence: new Uint8Array(cells) });
      }
      const block = this.#blocks.at(-1);
      this.#labels.push(rows.labels[row] as Labels);
      this.#dropName.push(rows.dropName[row] as number);
      block?.values.set(rows.values.subarray(from, from + steps), to);
      block?.presence.set(rows.presence.subarray(from, from + steps), to);
    }
  }

  /** What was kept; the collector is empty afterwards. */
  take(): SeriesMatrix {
    const [labels, dropName, blocks] = [this.#labels, this.#dropName, this.#blocks];
    const cells = labels.length * this.#steps;
    const [only] = blocks;
    const isOne = only !== undefined && blocks.length === 1;
    const values = isOne ? only.values.subarray(0, cells) : new Float64Array(cells);
    const presence = isOne ? only.presence.subarray(0, cells) : new Uint8Array(cells);
    for (const [i, block] of isOne ? [] : blocks.entries()) {
      const from = i * this.#rowsPerBlock * this.#steps;
      values.set(block.values.subarray(0, cells - from), from);
      presence.set(block.presence.subarray(0, cells - from), from);
    }
    this.#labels = [];
    this.#dropName = [];
    this.#blocks = [];
    return { labels, dropName: Uint8Array.from(dropName), values, presence, steps: this.#steps };
  }
}

/** Whether any of the cells [from, to) is present. */
export function hasValue(presence: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (presence[i] === 1) return true;
  return false;
}
