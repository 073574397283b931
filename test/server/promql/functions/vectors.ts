/**
 * Vectors over a few steps: what functions over instant vectors are tested on.
 */
import { emptyMatrix, type SeriesMatrix } from '@mon/server/promql/batch';
import type { VectorArgument, VectorNote } from '@mon/server/promql/functions/vector-function';
import { vectorFunction } from '@mon/server/promql/functions/vector-functions';
import {
  labelsFromRecord,
  labelsToRecord,
  METRIC_NAME,
  withLabel,
} from '@mon/storage/model/labels';

/** Labels and a value per step; undefined where there is none. */
export type Row = readonly [Readonly<Record<string, string>>, ...(number | undefined)[]];

export function matrixOf(rows: readonly Row[]): SeriesMatrix {
  const steps = (rows[0]?.length ?? 2) - 1;
  const matrix = emptyMatrix(
    rows.map(([labels]) => labelsFromRecord(labels)),
    steps,
  );
  rows.forEach(([, ...values], row) => {
    values.forEach((value, step) => {
      if (value === undefined) return;
      matrix.values[row * steps + step] = value;
      matrix.presence[row * steps + step] = 1;
    });
  });
  return matrix;
}

/** What a matrix holds, names dropped where they are to be. */
export function rowsOf({ labels, values, presence, dropName, steps }: SeriesMatrix): Row[] {
  return labels.map((set, row): Row => {
    const shown = dropName[row] === 1 ? withLabel(set, METRIC_NAME, '') : set;
    const cells = Array.from({ length: steps }, (_, step) => row * steps + step);
    const present = cells.map((cell) => (presence[cell] === 1 ? values[cell] : undefined));
    return [labelsToRecord(shown), ...present];
  });
}

export interface Answer {
  readonly rows: Row[];
  readonly notes: VectorNote[];
}

export const GRID = { startMs: 60_000, stepMs: 60_000 };

/** Calls a function; numbers are scalars, texts strings, lists of rows vectors. */
export function callWith(
  name: string,
  ...given: readonly (number | string | readonly Row[])[]
): Answer {
  const vector = given.find((arg) => typeof arg === 'object');
  const steps = (vector?.[0]?.length ?? 2) - 1;
  const notes: VectorNote[] = [];
  const args = given.map((arg): VectorArgument => {
    if (typeof arg === 'string') return { kind: 'string', value: arg };
    if (typeof arg === 'object') return { kind: 'vector', matrix: matrixOf(arg) };
    return { kind: 'scalar', values: new Float64Array(steps).fill(arg) };
  });
  const grid = { ...GRID, steps };
  const matrix = vectorFunction(name)({ args, grid, note: (note) => notes.push(note) });
  return { rows: rowsOf(matrix), notes };
}

/** The answer for single values without labels. */
export function mapped(name: string, values: readonly number[], ...args: number[]): unknown[] {
  const rows = values.map((value, i): Row => [{ __name__: 'm', i: String(i) }, value]);
  return callWith(name, rows, ...args).rows.map(([, value]) => value);
}
