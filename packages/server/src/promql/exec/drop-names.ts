/**
 * Delayed removal of metric names: the last thing done to the rows of a query.
 */
import { dropLabels, METRIC_NAME } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';
import { mergeEqualRows } from '../functions/merge-rows.ts';

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

/**
 * Takes the metric name off the rows that are to lose it: the last thing done to a query's answer.
 *
 * @throws MonError `query-failed` where rows that differed by name alone have values together
 */
export function dropNames(matrix: SeriesMatrix): SeriesMatrix {
  if (!matrix.dropName.includes(1)) return mergeEqualRows(matrix);
  const labels = matrix.labels.map((ofRow, row) =>
    matrix.dropName[row] === 1 ? dropLabels(ofRow, NAME_ONLY) : ofRow,
  );
  return mergeEqualRows({ ...matrix, labels, dropName: new Uint8Array(labels.length) });
}
