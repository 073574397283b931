/**
 * Which metrics an expression reads: decides whether a rule must wait for what an earlier rule of
 * its group wrote.
 */
import { METRIC_NAME } from '@mon/storage/model/labels';
import { valueTest } from '@mon/storage/model/matcher';
import type { Expr, VectorSelector } from '../promql/parser/ast.ts';

/** Whether the expression may read a metric of that name; a failing guess is "yes". */
export type MetricsRead = (metric: string) => boolean;

export function metricsRead(expr: Expr): MetricsRead {
  const tests = selectorsOf(expr).map(nameTest);
  return (metric) => tests.some((test) => test(metric));
}

function nameTest({ matchers }: VectorSelector): MetricsRead {
  const tests = matchers.filter((matcher) => matcher.name === METRIC_NAME).map(valueTest);
  return (metric) => tests.every((test) => test(metric));
}

/** All selectors of an expression, from left to right. */
export function selectorsOf(expr: Expr): VectorSelector[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return [];
    case 'vector-selector':
      return [expr];
    case 'matrix-selector':
      return [expr.selector];
    case 'subquery':
    case 'unary':
    case 'paren':
      return selectorsOf(expr.expr);
    case 'call':
      return expr.args.flatMap(selectorsOf);
    case 'aggregation':
      return [...(expr.param ? selectorsOf(expr.param) : []), ...selectorsOf(expr.expr)];
    case 'binary':
      return [...selectorsOf(expr.left), ...selectorsOf(expr.right)];
  }
}
