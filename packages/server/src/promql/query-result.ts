/**
 * What a query answers: the one form the HTTP API, rules and dashboards read.
 *
 * Columnar: a matrix over a fixed grid of steps has a row of `steps` values per series and a
 * presence row of its own; a missing point is presence 0, never a NaN.
 */
import type { HistogramRun } from '@mon/storage/model/histogram-run';
import type { Labels } from '@mon/storage/model/labels';

export type QueryResult =
  | ScalarResult
  | StringResult
  | VectorResult
  | MatrixResult
  | RawMatrixResult;

export interface ScalarResult {
  readonly kind: 'scalar';
  readonly timeMs: number;
  readonly value: number;
}

export interface StringResult {
  readonly kind: 'string';
  readonly timeMs: number;
  readonly value: string;
}

/** An instant vector: the result of an instant query. */
export interface VectorResult {
  readonly kind: 'vector';
  readonly timeMs: number;
  /** [n], in the order the query gives (sort, topk) or sorted by labels. */
  readonly labels: readonly Labels[];
  /** [n] */
  readonly values: Float64Array;
}

/** A range query's result over the grid startMs, startMs+stepMs, ... */
export interface MatrixResult {
  readonly kind: 'matrix';
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
  /** [n], sorted by labels. */
  readonly labels: readonly Labels[];
  /** [n*steps] row by row */
  readonly values: Float64Array;
  /** [n*steps] 1 where there is a value */
  readonly presence: Uint8Array;
}

/** A range selector asked as an instant query: raw samples at their own times. */
export interface RawMatrixResult {
  readonly kind: 'raw-matrix';
  /** [n], sorted by labels. */
  readonly labels: readonly Labels[];
  /** [n] each ascending, ms */
  readonly timestampsMs: readonly Float64Array[];
  /** [n] */
  readonly values: readonly Float64Array[];
  /** [n] native histograms, staleness markers among them */
  readonly histograms?: readonly HistogramRun[];
}

/** A remark on a query that did answer: `warning` (result may be wrong) or `info`. */
export interface Annotation {
  readonly kind: 'warning' | 'info';
  readonly text: string;
}

export interface QueryOutcome {
  readonly result: QueryResult;
  readonly annotations: readonly Annotation[];
  readonly stats: QueryStats;
}

export interface QueryStats {
  readonly seriesRead: number;
  readonly samplesRead: number;
  readonly elapsedMs: number;
}
