/**
 * The rows of a matrix by group, for aggregations that look at all values of a group at once.
 */
import { compareLabels, type Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../../batch.ts';
import { Grouping, type GroupingClause } from './grouping.ts';

export interface GroupedRows {
  /** [groups] */
  readonly labels: readonly Labels[];
  /** [groups] the rows of each group in the order of their labels, which storage does not promise */
  readonly rows: readonly (readonly number[])[];
  /** [groups] 1 where a row of the group is to lose its name */
  readonly dropName: Uint8Array;
}

export function groupRows(matrix: SeriesMatrix, clause: GroupingClause): GroupedRows {
  const grouping = new Grouping(clause);
  const rows: number[][] = [];
  for (const row of rowsByLabels(matrix)) {
    const group = grouping.groupOf(matrix.labels[row] as Labels);
    const ofGroup = rows[group];
    if (ofGroup === undefined) rows[group] = [row];
    else ofGroup.push(row);
  }
  const dropName = Uint8Array.from(rows, (ofGroup) =>
    ofGroup.some((row) => matrix.dropName[row] === 1) ? 1 : 0,
  );
  return { labels: grouping.labels, rows, dropName };
}

/** Row numbers in the order of the rows' labels. */
export function rowsByLabels(matrix: SeriesMatrix): number[] {
  const { labels } = matrix;
  return [...labels.keys()].sort((a, b) => compareLabels(labels[a] as Labels, labels[b] as Labels));
}
