/**
 * The scalar parameter of an aggregation: checked and remarked on, once per query.
 */

import { badQuantileText, formatG } from '../../functions/remark-texts.ts';
import type { Span } from '../../parser/ast.ts';
import type { Remarks } from '../../remarks.ts';

/** Remarks on quantiles outside of 0 to 1. @param quantiles [steps] */
export function remarkQuantiles(quantiles: Float64Array, remarks: Remarks, span: Span): void {
  const [most, least] = [largest(quantiles), smallest(quantiles)];
  if (!(most <= 1)) remarks.warn(badQuantileText(most), span);
  if (least < 0) remarks.warn(badQuantileText(least), span);
}

/** The ratios of limit_ratio, brought into -1 to 1 with a remark. @param ratios [steps] */
export function cappedRatios(ratios: Float64Array, remarks: Remarks, span: Span): Float64Array {
  for (const worst of [largest(ratios), smallest(ratios)]) {
    const capped = Math.max(-1, Math.min(1, worst));
    if (capped === worst || Number.isNaN(worst)) continue;
    const got = `got ${formatG(worst)}, capping to ${capped}`;
    remarks.warn(`ratio value should be between -1 and 1, ${got}`, span);
  }
  return ratios.map((ratio) => Math.max(-1, Math.min(1, ratio)));
}

/** NaN where one of the values is. */
function largest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

function smallest(values: Float64Array): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
