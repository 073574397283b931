/**
 * The aggregations that need all rows at once: topk, bottomk, limitk, limit_ratio, quantile,
 * count_values.
 */
import type { SeriesMatrix } from '../../batch.ts';
import type { AggregationPlan } from '../../plan/plan.ts';
import type { QueryRun } from '../query-run.ts';
import { cappedRatios, remarkQuantiles } from './aggregate-parameter.ts';
import { countValues } from './count-values.ts';
import { ratioOfRows, topOfRows } from './pick-rows.ts';
import { quantileRows } from './quantile-rows.ts';

/** @param param [steps] the scalar parameter, where the operator has one */
export async function aggregateRows(
  plan: AggregationPlan,
  { rows, param }: { readonly rows: SeriesMatrix; readonly param: Float64Array | undefined },
  run: QueryRun,
): Promise<SeriesMatrix> {
  const { operator, paramSpan, label } = plan;
  const parameter = param ?? new Float64Array(rows.steps);
  switch (operator) {
    case 'topk':
    case 'bottomk':
    case 'limitk':
      return topOfRows(rows, { operator, clause: plan, counts: parameter }, run);
    case 'limit_ratio':
      return ratioOfRows(rows, cappedRatios(parameter, run.remarks, paramSpan));
    case 'quantile':
      remarkQuantiles(parameter, run.remarks, paramSpan);
      return quantileRows(rows, { clause: plan, quantiles: parameter }, run);
    case 'count_values':
      return countValues(rows, { clause: plan, label }, run);
    default:
      throw new Error(`BUG: ${operator} aggregates while streaming`);
  }
}
