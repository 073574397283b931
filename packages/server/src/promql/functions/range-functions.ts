/**
 * Every function over range vectors by its name in the language.
 *
 * absent_over_time is not here: it looks at all series together, and is `absent` of
 * present_over_time.
 */
import { assert } from '@mon/storage/model/assert';
import { changes, resets } from './changes.ts';
import { integral } from './integral.ts';
import * as overTime from './over-time.ts';
import { madOverTime, quantileOverTime } from './quantile.ts';
import type { RangeFunction } from './range-function.ts';
import { delta, idelta, increase, irate, rate } from './rate.ts';
import { deriv, predictLinear } from './regression.ts';
import { doubleExponentialSmoothing } from './smoothing.ts';

const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map([
  ['avg_over_time', overTime.avgOverTime],
  ['changes', changes],
  ['count_over_time', overTime.countOverTime],
  ['delta', delta],
  ['deriv', deriv],
  ['double_exponential_smoothing', doubleExponentialSmoothing],
  ['first_over_time', overTime.firstOverTime],
  ['idelta', idelta],
  ['increase', increase],
  ['integral', integral],
  ['irate', irate],
  ['last_over_time', overTime.lastOverTime],
  ['mad_over_time', madOverTime],
  ['max_over_time', overTime.maxOverTime],
  ['min_over_time', overTime.minOverTime],
  ['predict_linear', predictLinear],
  ['present_over_time', overTime.presentOverTime],
  ['quantile_over_time', quantileOverTime],
  ['rate', rate],
  ['resets', resets],
  ['stddev_over_time', overTime.stddevOverTime],
  ['stdvar_over_time', overTime.stdvarOverTime],
  ['sum_over_time', overTime.sumOverTime],
  ['ts_of_first_over_time', overTime.tsOfFirstOverTime],
  ['ts_of_last_over_time', overTime.tsOfLastOverTime],
  ['ts_of_max_over_time', overTime.tsOfMaxOverTime],
  ['ts_of_min_over_time', overTime.tsOfMinOverTime],
]);

/** The function of this name, which has to be one over range vectors. */
export function rangeFunction(name: string): RangeFunction {
  const found = RANGE_FUNCTIONS.get(name);
  assert(found, `${name} is no function over range vectors`);
  return found;
}
