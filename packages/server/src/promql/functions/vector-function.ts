/**
 * The contract of functions over instant vectors: all steps of all series in one call.
 */
import type { SeriesMatrix, StepGrid } from '../batch.ts';

export type VectorArgument =
  /** [steps] */
  | { readonly kind: 'scalar'; readonly values: Float64Array }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly matrix: SeriesMatrix };

/** A remark on the result; `arg` is the index of the argument it is about. */
export interface VectorNote {
  readonly kind: 'warning' | 'info';
  readonly text: string;
  readonly arg: number;
}

export interface VectorCall {
  /** All arguments in the order they are written. */
  readonly args: readonly VectorArgument[];
  readonly grid: StepGrid;
  /** May be told the same more than once. */
  readonly note: (note: VectorNote) => void;
}

/**
 * Evaluates a function.
 *
 * The matrices of the arguments belong to the function: it may write into them, and the answer may
 * be one of them.
 *
 * @throws MonError `query-failed` where an argument makes the whole query meaningless
 */
export type VectorFunction = (call: VectorCall) => SeriesMatrix;

/** The matrix that is argument `i`. */
export function matrixArg({ args }: VectorCall, i: number): SeriesMatrix {
  const arg = args[i];
  if (arg?.kind !== 'vector') throw new Error(`BUG: argument ${i} is no vector`);
  return arg.matrix;
}

/** The scalar that is argument `i`, one value a step. */
export function scalarArg({ args }: VectorCall, i: number): Float64Array {
  const arg = args[i];
  if (arg?.kind !== 'scalar') throw new Error(`BUG: argument ${i} is no scalar`);
  return arg.values;
}

/** The text that is argument `i`. */
export function stringArg({ args }: VectorCall, i: number): string {
  const arg = args[i];
  if (arg?.kind !== 'string') throw new Error(`BUG: argument ${i} is no string`);
  return arg.value;
}
