/**
 * Functions of instant vectors: row by row as rows stream by where that is all they look at, else
 * once over all rows.
 */
import type { SeriesMatrix } from '../batch.ts';
import type { VectorArgument, VectorCall, VectorFunction } from '../functions/vector-function.ts';
import { vectorFunction } from '../functions/vector-functions.ts';
import type { VectorCallPlan } from '../plan/plan.ts';
import { isReadFree } from '../plan/read-free.ts';
import type { Remarks } from '../remarks.ts';
import type { RowSink } from './row-sink.ts';

/** Functions that compare rows with one another: labels that must differ, buckets, order. */
const LOOKS_AT_ALL_ROWS: ReadonlySet<string> = new Set([
  'histogram_fraction',
  'histogram_quantile',
  'histogram_quantiles',
  'label_join',
  'label_replace',
  'sort',
  'sort_by_label',
  'sort_by_label_desc',
  'sort_desc',
]);

/** Whether a call can be applied to a part of the rows, before anything else has been read. */
export function isStreamed(plan: VectorCallPlan): boolean {
  if (LOOKS_AT_ALL_ROWS.has(plan.func)) return false;
  return plan.args.every((arg) => arg.kind !== 'scalar' || isReadFree(arg.scalar));
}

/** Applies a function to whatever rows it is given. */
export class VectorCallStage implements RowSink {
  readonly #plan: VectorCallPlan;
  readonly #function: VectorFunction;
  readonly #others: readonly (VectorArgument | undefined)[];
  readonly #remarks: Remarks;
  readonly #sink: RowSink;

  /** @param others the arguments, undefined for the vector whose rows are pushed */
  constructor(
    plan: VectorCallPlan,
    others: readonly (VectorArgument | undefined)[],
    { sink, remarks }: { readonly sink: RowSink; readonly remarks: Remarks },
  ) {
    this.#plan = plan;
    this.#function = vectorFunction(plan.func);
    this.#others = others;
    this.#remarks = remarks;
    this.#sink = sink;
  }

  push(rows: SeriesMatrix): void {
    const { grid } = this.#plan;
    const vector: VectorArgument = { kind: 'vector', matrix: rows };
    const args = this.#others.map((arg) => arg ?? vector);
    this.#sink.push(this.#function({ args, grid, note: (note) => this.#remark(note) }));
  }

  #remark(note: Parameters<VectorCall['note']>[0]): void {
    const span = this.#plan.argSpans[note.arg] ?? this.#plan.span;
    if (note.kind === 'warning') this.#remarks.warn(note.text, span);
    else this.#remarks.inform(note.text, span);
  }
}
