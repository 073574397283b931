/**
 * count_values(): how many series of a group have each value, the value as a label.
 */
import { withLabel } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../../batch.ts';
import { printFloat } from '../../parser/print.ts';
import { queryFailed } from '../query-errors.ts';
import type { QueryRun } from '../query-run.ts';
import { COUNT_CELLS } from './count-cells.ts';
import type { GroupingClause } from './grouping.ts';
import { StreamingAggregation } from './streaming-aggregation.ts';

/** @throws MonError `query-failed` where `label` is no label name */
export async function countValues(
  matrix: SeriesMatrix,
  { clause, label }: { readonly clause: GroupingClause; readonly label: string },
  run: QueryRun,
): Promise<SeriesMatrix> {
  if (label === '') throw queryFailed(`invalid label name ${JSON.stringify(label)}`);
  const { steps } = matrix;
  const grouping = clause.without ? clause.grouping : [...clause.grouping, label];
  const counts = new StreamingAggregation(COUNT_CELLS, { ...clause, grouping }, { steps, run });
  const values = new Float64Array(steps);
  for (const [row, labels] of matrix.labels.entries()) {
    for (const [value, presence] of stepsByValue(matrix, row)) {
      const withValue = withLabel(labels, label, value);
      const dropName = matrix.dropName.subarray(row, row + 1);
      counts.push({ labels: [withValue], dropName, values, presence, steps });
    }
    if (run.isBreathDue()) await run.breathe();
  }
  return counts.finish();
}

/** For each different value of a row, as text: [steps] 1 where the row has that value. */
function stepsByValue(matrix: SeriesMatrix, row: number): Map<string, Uint8Array> {
  const { steps, values, presence } = matrix;
  const bySteps = new Map<string, Uint8Array>();
  for (let step = 0; step < steps; step++) {
    if (presence[row * steps + step] === 0) continue;
    // As text, since a map takes -0 and 0 for one number.
    const value = printFloat(values[row * steps + step] as number);
    let at = bySteps.get(value);
    if (at === undefined) {
      at = new Uint8Array(steps);
      bySteps.set(value, at);
    }
    at[step] = 1;
  }
  return bySteps;
}
