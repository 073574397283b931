/**
 * Rows into a scalar, rows of one step into rows of many, and the one row of `absent`.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';
import type { QueryRun } from './query-run.ts';

/** scalar(): the value at each step that has exactly one, else NaN. @returns [steps] */
export function scalarOfRows({ labels, values, presence, steps }: SeriesMatrix): Float64Array {
  const out = new Float64Array(steps).fill(Number.NaN);
  const counts = new Uint32Array(steps);
  for (let row = 0; row < labels.length; row++) {
    for (let step = 0; step < steps; step++) {
      if (presence[row * steps + step] === 0) continue;
      counts[step] = (counts[step] as number) + 1;
      out[step] = counts[step] === 1 ? (values[row * steps + step] as number) : Number.NaN;
    }
  }
  return out;
}

/** 1 at each step where no row has a value. */
export function absentRow({ presence, steps }: SeriesMatrix, labels: Labels): SeriesMatrix {
  const absent = new Uint8Array(steps).fill(1);
  for (let i = 0; i < presence.length; i++) if (presence[i] === 1) absent[i % steps] = 0;
  const values = new Float64Array(steps).fill(1);
  return { labels: [labels], dropName: new Uint8Array(1), values, presence: absent, steps };
}

/** The one step of each row at all of `steps`. */
export function repeatMatrix(once: SeriesMatrix, steps: number, run: QueryRun): SeriesMatrix {
  const rows = once.labels.length;
  run.countHeld(rows * steps);
  const values = new Float64Array(rows * steps);
  const presence = new Uint8Array(rows * steps);
  for (let row = 0; row < rows; row++) {
    values.fill(once.values[row] as number, row * steps, (row + 1) * steps);
    presence.fill(once.presence[row] as number, row * steps, (row + 1) * steps);
  }
  return { labels: once.labels, dropName: once.dropName, values, presence, steps };
}
