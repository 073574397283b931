/**
 * Every function over instant vectors by its name in the language.
 *
 * Not here: absent, scalar, time, vector and pi, which are operators of the engine, and info.
 */
import { assert } from '@mon/storage/model/assert';
import {
  histogramFraction,
  histogramPart,
  histogramQuantile,
  histogramQuantiles,
} from './classic-histogram.ts';
import { DATE_PARTS } from './dates.ts';
import { clamp, clampMax, clampMin, ELEMENTWISE, round, timestamp } from './elementwise.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { sort, sortByLabel, sortByLabelDesc, sortDesc } from './sort.ts';
import type { VectorFunction } from './vector-function.ts';

const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map([
  ...ELEMENTWISE,
  ...DATE_PARTS,
  ['clamp', clamp],
  ['clamp_max', clampMax],
  ['clamp_min', clampMin],
  ['histogram_avg', histogramPart],
  ['histogram_count', histogramPart],
  ['histogram_fraction', histogramFraction],
  ['histogram_quantile', histogramQuantile],
  ['histogram_quantiles', histogramQuantiles],
  ['histogram_stddev', histogramPart],
  ['histogram_stdvar', histogramPart],
  ['histogram_sum', histogramPart],
  ['label_join', labelJoin],
  ['label_replace', labelReplace],
  ['round', round],
  ['sort', sort],
  ['sort_by_label', sortByLabel],
  ['sort_by_label_desc', sortByLabelDesc],
  ['sort_desc', sortDesc],
  ['timestamp', timestamp],
]);

/** The function of this name, which has to be one over instant vectors. */
export function vectorFunction(name: string): VectorFunction {
  const found = VECTOR_FUNCTIONS.get(name);
  assert(found, `${name} is no function over instant vectors`);
  return found;
}
