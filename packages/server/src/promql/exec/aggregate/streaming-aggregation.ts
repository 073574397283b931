/**
 * sum, avg, count, min, max, group, stddev, stdvar: rows are taken into groups as they come and are
 * never kept.
 *
 * A shard can do the first part: take its rows, hand over `partial()`; whoever merges the partials
 * of all shards finishes.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../../batch.ts';
import type { AggregationOperator } from '../../parser/ast.ts';
import type { QueryRun } from '../query-run.ts';
import { hasValue, type RowSink } from '../row-sink.ts';
import type { CellKind, CellState } from './cells.ts';
import { COUNT_CELLS, GROUP_CELLS, MAX_CELLS, MIN_CELLS } from './count-cells.ts';
import { Grouping, type GroupingClause } from './grouping.ts';
import { AVG_CELLS, SUM_CELLS } from './sum-cells.ts';
import { STDDEV_CELLS, STDVAR_CELLS } from './variance-cells.ts';

const KINDS: Partial<Record<AggregationOperator, CellKind>> = {
  sum: SUM_CELLS,
  avg: AVG_CELLS,
  count: COUNT_CELLS,
  group: GROUP_CELLS,
  min: MIN_CELLS,
  max: MAX_CELLS,
  stddev: STDDEV_CELLS,
  stdvar: STDVAR_CELLS,
};

/** How an operator aggregates while streaming, or undefined where it needs all rows at once. */
export function cellKindOf(operator: AggregationOperator): CellKind | undefined {
  return KINDS[operator];
}

/** What one part of the series came to. */
export interface AggregationPartial {
  /** [groups] */
  readonly labels: readonly Labels[];
  /** [groups] as in `SeriesMatrix` */
  readonly dropName: Uint8Array;
  /** [groups*steps] */
  readonly state: CellState;
}

export class StreamingAggregation implements RowSink {
  readonly #kind: CellKind;
  readonly #steps: number;
  readonly #run: QueryRun;
  readonly #grouping: Grouping;
  #state: CellState;
  #dropName = new Uint8Array(1);

  constructor(
    kind: CellKind,
    clause: GroupingClause,
    { steps, run }: { readonly steps: number; readonly run: QueryRun },
  ) {
    this.#kind = kind;
    this.#steps = steps;
    this.#run = run;
    this.#grouping = new Grouping(clause);
    this.#state = {
      seen: new Uint8Array(steps),
      columns: Array.from({ length: kind.columns }, () => new Float64Array(steps)),
    };
  }

  push(rows: SeriesMatrix): void {
    const { values, presence, steps } = rows;
    for (let row = 0; row < rows.labels.length; row++) {
      const from = row * steps;
      if (!hasValue(presence, from, from + steps)) continue;
      const group = this.#groupOf(rows.labels[row] as Labels, rows.dropName[row] as number);
      this.#kind.add(this.#state, { values, presence, from, to: group * steps, steps });
    }
  }

  /** The state so far; it must not be pushed to afterwards. */
  partial(): AggregationPartial {
    const groups = this.#grouping.labels.length;
    return {
      labels: this.#grouping.labels,
      dropName: this.#dropName.subarray(0, groups),
      state: {
        seen: this.#state.seen.subarray(0, groups * this.#steps),
        columns: this.#state.columns.map((column) => column.subarray(0, groups * this.#steps)),
      },
    };
  }

  merge(partial: AggregationPartial): void {
    for (const [other, labels] of partial.labels.entries()) {
      const group = this.#groupOf(labels, partial.dropName[other] as number);
      this.#kind.merge(this.#state, {
        other: partial.state,
        from: other * this.#steps,
        to: group * this.#steps,
        steps: this.#steps,
      });
    }
  }

  /** A row per group, in the order in which their first series came. */
  finish(): SeriesMatrix {
    const { labels, dropName, state } = this.partial();
    const values = new Float64Array(labels.length * this.#steps);
    this.#kind.finish(state, values);
    return { labels: [...labels], dropName, values, presence: state.seen, steps: this.#steps };
  }

  #groupOf(labels: Labels, dropName: number): number {
    const group = this.#grouping.groupOf(labels);
    if (group >= this.#dropName.length) this.#grow();
    if (dropName === 1) this.#dropName[group] = 1;
    return group;
  }

  #grow(): void {
    const groups = this.#dropName.length * 2;
    this.#run.countHeld((groups - this.#dropName.length) * this.#steps);
    const dropName = new Uint8Array(groups);
    dropName.set(this.#dropName);
    this.#dropName = dropName;
    const seen = new Uint8Array(groups * this.#steps);
    seen.set(this.#state.seen);
    const columns = this.#state.columns.map((column) => {
      const grown = new Float64Array(groups * this.#steps);
      grown.set(column);
      return grown;
    });
    this.#state = { seen, columns };
  }
}
