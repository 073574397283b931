/**
 * The order of series in a block: tenant, metric, labels without `le`, then `le` as a number.
 *
 * A metric is one run of neighbours, and so is a histogram, its buckets ascending. This order is a
 * format: docs/formats/block.md.
 */
import { compareText, type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';

const BUCKET_BOUND = 'le';

/** Negative where series a comes before series b, 0 where they are the same series. */
export function compareSeries(
  tenantA: TenantId,
  labelsA: Labels,
  tenantB: TenantId,
  labelsB: Labels,
): number {
  return (
    compareText(tenantA, tenantB) ||
    compareText(labelValue(labelsA, METRIC_NAME), labelValue(labelsB, METRIC_NAME)) ||
    compareWithoutBound(labelsA, labelsB) ||
    compareBounds(labelValue(labelsA, BUCKET_BOUND), labelValue(labelsB, BUCKET_BOUND))
  );
}

/** Whether two series of one tenant are buckets of the same histogram. */
export function sameHistogram(a: Labels, b: Labels): boolean {
  return (
    labelValue(a, BUCKET_BOUND) !== '' &&
    labelValue(b, BUCKET_BOUND) !== '' &&
    labelValue(a, METRIC_NAME) === labelValue(b, METRIC_NAME) &&
    compareWithoutBound(a, b) === 0
  );
}

/** Orders pair by pair, name before value, as if neither set had a metric name or a bound. */
function compareWithoutBound(a: Labels, b: Labels): number {
  let i = nextCompared(a, 0);
  let j = nextCompared(b, 0);
  while (i < a.length && j < b.length) {
    const order =
      compareText(a[i] as string, b[j] as string) ||
      compareText(a[i + 1] as string, b[j + 1] as string);
    if (order !== 0) return order;
    i = nextCompared(a, i + 2);
    j = nextCompared(b, j + 2);
  }
  return (i < a.length ? 1 : 0) - (j < b.length ? 1 : 0);
}

function nextCompared(labels: Labels, from: number): number {
  let i = from;
  while (labels[i] === METRIC_NAME || labels[i] === BUCKET_BOUND) i += 2;
  return i;
}

/** No bound first, then numbers ascending, then what is no number; by text where equal. */
function compareBounds(a: string, b: string): number {
  if (a === b) return 0;
  const boundA = boundOf(a);
  const boundB = boundOf(b);
  if (boundA < boundB) return -1;
  if (boundA > boundB) return 1;
  const isNumberA = !Number.isNaN(boundA);
  const isNumberB = !Number.isNaN(boundB);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return compareText(a, b);
}

function boundOf(text: string): number {
  if (text === '') return Number.NEGATIVE_INFINITY;
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  // Number() also reads '0x10' and ' 1 '; any total order will do for those.
  return Number(text);
}
