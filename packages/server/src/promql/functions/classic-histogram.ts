/**
 * Functions of classic histograms: histogram_quantile, histogram_quantiles, histogram_fraction.
 *
 * Source: Prometheus promql/functions.go, funcHistogramQuantile and its kin.
 */
import { labelValue, METRIC_NAME, withLabel } from '@mon/storage/model/labels';
import { emptyMatrix, type SeriesMatrix, stepTimeMs } from '../batch.ts';
import { type BucketGroup, bucketsAt, groupBuckets } from './bucket-groups.ts';
import { type Buckets, bucketFraction, bucketQuantile, makeMonotonic } from './buckets.ts';
import { mergeEqualRows } from './merge-rows.ts';
import { isQuantile } from './quantile.ts';
import {
  badQuantileText,
  forcedMonotonicityText,
  formatG,
  type MonotonicityFix,
} from './remark-texts.ts';
import {
  matrixArg,
  scalarArg,
  stringArg,
  type VectorCall,
  type VectorFunction,
} from './vector-function.ts';

/** histogram_quantile(quantile, buckets) */
export const histogramQuantile: VectorFunction = (call) => {
  const matrix = matrixArg(call, 1);
  const groups = groupBuckets(matrix, 1, call.note);
  noteBadQuantiles(call, 0);
  return quantileRows(call, { matrix, groups, vectorArg: 1, quantiles: scalarArg(call, 0) });
};

/** histogram_quantiles(buckets, label, quantile...): a row per quantile, named in `label` */
export const histogramQuantiles: VectorFunction = (call) => {
  const matrix = matrixArg(call, 0);
  const label = stringArg(call, 1);
  const groups = groupBuckets(matrix, 0, call.note);
  const parts: SeriesMatrix[] = [];
  for (let arg = 2; arg < call.args.length; arg++) {
    noteBadQuantiles(call, arg);
    const quantiles = scalarArg(call, arg);
    // The label is of the quantile's own value, which may change from step to step.
    for (const value of new Set(quantiles)) {
      const part = quantileRows(call, {
        matrix,
        groups,
        vectorArg: 0,
        quantiles,
        only: value,
      });
      part.labels.forEach((labels, row) => {
        part.labels[row] = withLabel(labels, label, formatQuantile(value));
      });
      parts.push(part);
    }
  }
  // The same quantile asked for twice gives a row twice, which no vector may have.
  return mergeEqualRows(stack(parts, matrix.steps));
};

/** histogram_fraction(lower, upper, buckets) */
export const histogramFraction: VectorFunction = (call) => {
  const [lower, upper] = [scalarArg(call, 0), scalarArg(call, 1)];
  const matrix = matrixArg(call, 2);
  const groups = groupBuckets(matrix, 2, call.note);
  return perGroup(matrix, groups, (buckets, step) =>
    bucketFraction(buckets, { lower: lower[step] as number, upper: upper[step] as number }),
  );
};

/** Functions of native histograms: floats have no answer to them. */
export const histogramPart: VectorFunction = (call) => emptyMatrix([], call.grid.steps);

interface QuantileRows {
  readonly matrix: SeriesMatrix;
  readonly groups: readonly BucketGroup[];
  readonly vectorArg: number;
  /** [steps] */
  readonly quantiles: Float64Array;
  /** Steps with another quantile have no value. */
  readonly only?: number;
}

function quantileRows(call: VectorCall, asked: QuantileRows): SeriesMatrix {
  const { matrix, groups, vectorArg, quantiles, only } = asked;
  const fixes = new Map<string, MonotonicityFix>();
  const rows = perGroup(matrix, groups, (buckets, step, group) => {
    const quantile = quantiles[step] as number;
    if (only !== undefined && !isSame(only, quantile)) return undefined;
    // As in Prometheus, only buckets that are looked at are mended.
    const isAsked = isQuantile(quantile) && buckets.bounds.at(-1) === Number.POSITIVE_INFINITY;
    const fix = isAsked ? makeMonotonic(buckets) : undefined;
    if (fix !== undefined) {
      const metric = labelValue(group.labels, METRIC_NAME);
      const timeMs = stepTimeMs(call.grid, step);
      addFix(fixes, { ...fix, metric, samples: 1, minTimeMs: timeMs, maxTimeMs: timeMs });
    }
    return bucketQuantile(quantile, buckets);
  });
  for (const fix of fixes.values()) {
    call.note({ kind: 'info', text: forcedMonotonicityText(fix), arg: vectorArg });
  }
  return rows;
}

/** Widens the remark on a metric by another sample. */
function addFix(fixes: Map<string, MonotonicityFix>, fix: MonotonicityFix): void {
  const known = fixes.get(fix.metric) ?? fix;
  fixes.set(fix.metric, {
    metric: fix.metric,
    minBucket: Math.min(known.minBucket, fix.minBucket),
    maxBucket: Math.max(known.maxBucket, fix.maxBucket),
    maxDifference: Math.max(known.maxDifference, fix.maxDifference),
    samples: known === fix ? 1 : known.samples + 1,
    minTimeMs: Math.min(known.minTimeMs, fix.minTimeMs),
    maxTimeMs: Math.max(known.maxTimeMs, fix.maxTimeMs),
  });
}

/** A row per histogram, with a value wherever it has any bucket and `compute` gives one. */
function perGroup(
  matrix: SeriesMatrix,
  groups: readonly BucketGroup[],
  compute: (buckets: Buckets, step: number, group: BucketGroup) => number | undefined,
): SeriesMatrix {
  const { steps } = matrix;
  const rows = emptyMatrix(
    groups.map((group) => group.labels),
    steps,
  );
  rows.dropName.fill(1);
  groups.forEach((group, row) => {
    for (let step = 0; step < steps; step++) {
      const buckets = bucketsAt(group, matrix, step);
      if (buckets.bounds.length === 0) continue;
      const value = compute(buckets, step, group);
      if (value === undefined) continue;
      rows.values[row * steps + step] = value;
      rows.presence[row * steps + step] = 1;
    }
  });
  return rows;
}

function noteBadQuantiles(call: VectorCall, arg: number): void {
  for (const quantile of new Set(scalarArg(call, arg))) {
    if (isQuantile(quantile)) continue;
    call.note({ kind: 'warning', text: badQuantileText(quantile), arg });
  }
}

function isSame(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** As OpenMetrics writes quantiles: always with a point or an exponent. */
function formatQuantile(value: number): string {
  const text = formatG(value);
  return /[.eNI]/.test(text) ? text : `${text}.0`;
}

function stack(parts: readonly SeriesMatrix[], steps: number): SeriesMatrix {
  const all = emptyMatrix(
    parts.flatMap((part) => part.labels),
    steps,
  );
  let row = 0;
  for (const part of parts) {
    all.dropName.set(part.dropName, row);
    all.values.set(part.values, row * steps);
    all.presence.set(part.presence, row * steps);
    row += part.labels.length;
  }
  return all;
}
