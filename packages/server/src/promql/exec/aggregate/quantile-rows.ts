/**
 * quantile(): the value below which a share of a group's values lies, interpolated; NaN counts as
 * the smallest value.
 */
import { emptyMatrix, type SeriesMatrix } from '../../batch.ts';
import { quantileOf } from '../../functions/quantile.ts';
import type { QueryRun } from '../query-run.ts';
import { groupRows } from './grouped-rows.ts';
import type { GroupingClause } from './grouping.ts';

/** @param quantiles [steps] */
export async function quantileRows(
  matrix: SeriesMatrix,
  { clause, quantiles }: { readonly clause: GroupingClause; readonly quantiles: Float64Array },
  run: QueryRun,
): Promise<SeriesMatrix> {
  const { steps, values, presence } = matrix;
  const groups = groupRows(matrix, clause);
  const out = emptyMatrix([...groups.labels], steps);
  out.dropName.set(groups.dropName);
  const gathered = new Float64Array(matrix.labels.length);
  for (const [group, rows] of groups.rows.entries()) {
    for (let step = 0; step < steps; step++) {
      let count = 0;
      for (const row of rows) {
        if (presence[row * steps + step] === 0) continue;
        gathered[count++] = values[row * steps + step] as number;
      }
      if (count === 0) continue;
      const cell = group * steps + step;
      out.values[cell] = quantileOf(quantiles[step] as number, gathered.subarray(0, count));
      out.presence[cell] = 1;
      if (run.isBreathDue()) await run.breathe();
    }
  }
  return out;
}
