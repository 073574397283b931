/**
 * Rows that came to have the same labels become one, where no step has both.
 */
import { MonError } from '@mon/storage/model/error';
import { type Labels, labelsKey } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';

/**
 * The matrix with unique labels; the same matrix where they are.
 *
 * @throws MonError `query-failed` where two rows of one label set have a value at the same step
 */
export function mergeEqualRows(matrix: SeriesMatrix): SeriesMatrix {
  const { labels, values, presence, dropName, steps } = matrix;
  const rowOf = new Map<string, number>();
  const kept: number[] = [];
  labels.forEach((set, row) => {
    const key = labelsKey(set);
    const first = rowOf.get(key);
    if (first === undefined) {
      rowOf.set(key, row);
      kept.push(row);
    } else {
      moveCells(matrix, row, first);
    }
  });
  if (kept.length === labels.length) return matrix;
  kept.forEach((row, to) => {
    values.copyWithin(to * steps, row * steps, (row + 1) * steps);
    presence.copyWithin(to * steps, row * steps, (row + 1) * steps);
    dropName[to] = dropName[row] as number;
  });
  return {
    labels: kept.map((row) => labels[row] as Labels),
    dropName: dropName.subarray(0, kept.length),
    values: values.subarray(0, kept.length * steps),
    presence: presence.subarray(0, kept.length * steps),
    steps,
  };
}

function moveCells({ values, presence, steps }: SeriesMatrix, from: number, to: number): void {
  for (let step = 0; step < steps; step++) {
    const source = from * steps + step;
    if (presence[source] === 0) continue;
    const target = to * steps + step;
    if (presence[target] === 1) throw equalLabels();
    values[target] = values[source] as number;
    presence[target] = 1;
  }
}

function equalLabels(): MonError {
  return new MonError({
    code: 'query-failed',
    what: 'Cannot evaluate the query',
    why: 'vector cannot contain metrics with the same labelset',
    mend: 'Keep the label that tells the series apart, or aggregate first.',
  });
}
