/**
 * What was computed from timestamp columns, kept by the identity of the column: once for all series
 * that share it, also across batches where storage hands out the same column again.
 */
import type { SeriesBatch } from '@mon/storage/model/queryable';

/** Columns remembered; beyond it the memory starts anew. */
const COLUMNS_MAX = 1024;

export class ColumnMemo<Table> {
  readonly #compute: (timestampsMs: Float64Array) => Table;
  readonly #tables = new Map<Float64Array, Table>();
  #batch: SeriesBatch | undefined;
  #ofBatch: Table[] = [];

  constructor(compute: (timestampsMs: Float64Array) => Table) {
    this.#compute = compute;
  }

  /** The tables of a batch's timestamp columns, in their order. */
  of(batch: SeriesBatch): readonly Table[] {
    if (batch === this.#batch) return this.#ofBatch;
    if (this.#tables.size > COLUMNS_MAX) this.#tables.clear();
    this.#batch = batch;
    this.#ofBatch = batch.timestampColumns.map((column) => this.#table(column));
    return this.#ofBatch;
  }

  #table(column: Float64Array): Table {
    const known = this.#tables.get(column);
    if (known !== undefined) return known;
    const table = this.#compute(column);
    this.#tables.set(column, table);
    return table;
  }
}
