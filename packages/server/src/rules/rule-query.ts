/**
 * How rules ask: an instant query by its parsed expression. The engine stands behind it in the
 * server, stored tables in tests, history in a backtest.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { TenantId } from '@mon/storage/model/tenant';
import type { Expr } from '../promql/parser/ast.ts';
import type { ScalarResult, VectorResult } from '../promql/query-result.ts';

export interface RuleQuestion {
  readonly tenant: TenantId;
  readonly expr: Expr;
  /** What `expr` was parsed from. */
  readonly text: string;
  readonly timeMs: number;
  readonly signal: AbortSignal;
}

export type RuleQuery = (question: RuleQuestion) => Promise<VectorResult | ScalarResult>;

/** Calls back for each series of the answer; a scalar is one without labels. */
export function forEachSeries(
  result: VectorResult | ScalarResult,
  callback: (labels: Labels, value: number) => void,
): void {
  if (result.kind === 'scalar') {
    callback([], result.value);
    return;
  }
  result.labels.forEach((labels, i) => {
    callback(labels, result.values[i] as number);
  });
}
