/**
 * Delayed removal of metric names: the last thing done to the rows of a query.
 */
import { dropLabels, type Labels, labelValue, METRIC_NAME } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';
import { mergeEqualRows } from '../functions/merge-rows.ts';

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

/**
 * Takes the metric name off the rows that are to lose it. Rows come with unique labels.
 *
 * @throws MonError `query-failed` where rows that differed by name alone have values together
 */
export function dropNames(matrix: SeriesMatrix): SeriesMatrix {
  const { dropName } = matrix;
  if (!dropName.includes(1)) return matrix;
  const labels = matrix.labels.map((ofRow, row) =>
    dropName[row] === 1 ? dropLabels(ofRow, NAME_ONLY) : ofRow,
  );
  const unnamed = { ...matrix, labels, dropName: new Uint8Array(labels.length) };
  return loseOneName(matrix) ? unnamed : mergeEqualRows(unnamed);
}

/** Whether all rows lose the same name, so that they still differ without it. */
function loseOneName({ labels, dropName }: SeriesMatrix): boolean {
  const name = labelValue(labels[0] as Labels, METRIC_NAME);
  return labels.every(
    (ofRow, row) => dropName[row] === 1 && labelValue(ofRow, METRIC_NAME) === name,
  );
}
