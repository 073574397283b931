/**
 * A query bound to its times: what is read from storage and which operator feeds which.
 *
 * Every node stands on its own grid (`steps` long); a subquery's inside and a step-invariant part
 * have another grid than what is around them. A node is evaluated once per query.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { Matcher } from '@mon/storage/model/matcher';
import type { SelectHints } from '@mon/storage/model/queryable';
import type { StepGrid } from '../batch.ts';
import type { NumberOperator } from '../exec/arithmetic.ts';
import type { ReferenceTimes } from '../exec/windows.ts';
import type { InfoSelection } from '../functions/info.ts';
import type { AggregationOperator, BinaryOperator, Span, VectorMatching } from '../parser/ast.ts';

export interface QueryPlan {
  readonly root: RootPlan;
  readonly isRangeQuery: boolean;
  /** Everything that is read, each distinct read once. */
  readonly scans: readonly ScanPlan[];
}

export type RootPlan =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'scalar'; readonly scalar: ScalarPlan }
  /** `isOrdered`: the order of rows is part of the answer (sort, topk). */
  | { readonly kind: 'vector'; readonly vector: VectorPlan; readonly isOrdered: boolean }
  /** A range selector asked as an instant query. */
  | { readonly kind: 'samples'; readonly source: RangeSource };

/** One selection from storage; all `reads` take their samples from it as it streams by. */
export interface ScanPlan {
  readonly matchers: readonly Matcher[];
  /** Both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  readonly hints: SelectHints;
  readonly reads: readonly ReadPlan[];
}

/** What one selector of the query needs to read. Compared by identity. */
export interface ReadPlan {
  readonly matchers: readonly Matcher[];
  readonly startMs: number;
  readonly endMs: number;
  readonly hints: SelectHints;
  /** False where the reader waits for another read first: sharing a scan could lock both. */
  readonly isShareable: boolean;
}

/** One number per step. */
export type ScalarPlan =
  | { readonly kind: 'constant'; readonly value: number; readonly grid: StepGrid }
  | { readonly kind: 'time'; readonly grid: StepGrid }
  | { readonly kind: 'scalar-of'; readonly vector: VectorPlan; readonly grid: StepGrid }
  | {
      readonly kind: 'scalar-operation';
      readonly operator: NumberOperator;
      readonly left: ScalarPlan;
      readonly right: ScalarPlan;
      readonly grid: StepGrid;
    }
  /** `scalar` stands on a grid of one step. */
  | { readonly kind: 'repeated-scalar'; readonly scalar: ScalarPlan; readonly grid: StepGrid };

/** Rows of labelled values. */
export type VectorPlan =
  | InstantSelectorPlan
  | RangeCallPlan
  | VectorCallPlan
  | AggregationPlan
  | ScalarSideOperationPlan
  | VectorOperationPlan
  | { readonly kind: 'vector-of'; readonly scalar: ScalarPlan; readonly grid: StepGrid }
  | {
      readonly kind: 'info';
      readonly vector: VectorPlan;
      /** The info series; emits the times of their samples. */
      readonly info: InstantSelectorPlan;
      readonly selection: InfoSelection;
      readonly grid: StepGrid;
    }
  /** 1 with `labels` at each step where `vector` has no value. */
  | {
      readonly kind: 'absent';
      readonly vector: VectorPlan;
      readonly labels: Labels;
      readonly grid: StepGrid;
    }
  /** `vector` stands on a grid of one step. */
  | { readonly kind: 'repeated-vector'; readonly vector: VectorPlan; readonly grid: StepGrid };

export interface InstantSelectorPlan {
  readonly kind: 'instant-selector';
  readonly read: ReadPlan;
  readonly reference: ReferenceTimes;
  readonly lookbackMs: number;
  /** `sample-time`: under `timestamp()`, in seconds. */
  readonly emits: 'value' | 'sample-time';
  readonly grid: StepGrid;
}

/** Where the samples of a range function come from. */
export type RangeSource =
  | {
      readonly kind: 'selector';
      readonly read: ReadPlan;
      readonly reference: ReferenceTimes;
      readonly rangeMs: number;
    }
  | {
      readonly kind: 'subquery';
      /** Stands on the grid of the subquery. */
      readonly vector: VectorPlan;
      readonly reference: ReferenceTimes;
      readonly rangeMs: number;
    };

export interface RangeCallPlan {
  readonly kind: 'range-call';
  readonly func: string;
  readonly source: RangeSource;
  /** The scalar arguments, in order, without the range. */
  readonly scalars: readonly ScalarPlan[];
  /** Where the arguments stand in the query, in order; for remarks. */
  readonly argSpans: readonly Span[];
  readonly span: Span;
  readonly grid: StepGrid;
}

/** A function of vectors: of each value, of labels, of buckets, of the order of rows. */
export interface VectorCallPlan {
  readonly kind: 'vector-call';
  readonly func: string;
  /** All arguments in order. */
  readonly args: readonly ArgumentPlan[];
  readonly argSpans: readonly Span[];
  readonly span: Span;
  readonly grid: StepGrid;
}

export type ArgumentPlan =
  | { readonly kind: 'scalar'; readonly scalar: ScalarPlan }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly vector: VectorPlan };

export interface AggregationPlan {
  readonly kind: 'aggregation';
  readonly operator: AggregationOperator;
  readonly vector: VectorPlan;
  /** Of topk, bottomk, quantile, limitk, limit_ratio. */
  readonly param: ScalarPlan | undefined;
  /** Of count_values. */
  readonly label: string;
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly paramSpan: Span;
  readonly grid: StepGrid;
}

/** An operation between each value of a vector and a scalar; unary minus is `-1 * vector`. */
export interface ScalarSideOperationPlan {
  readonly kind: 'scalar-side-operation';
  readonly operator: BinaryOperator;
  readonly vector: VectorPlan;
  readonly scalar: ScalarPlan;
  readonly isScalarLeft: boolean;
  readonly returnBool: boolean;
  readonly grid: StepGrid;
}

/** An operation between two vectors, set operators included. */
export interface VectorOperationPlan {
  readonly kind: 'vector-operation';
  readonly operator: BinaryOperator;
  readonly left: VectorPlan;
  readonly right: VectorPlan;
  readonly matching: VectorMatching;
  readonly returnBool: boolean;
  readonly grid: StepGrid;
}
