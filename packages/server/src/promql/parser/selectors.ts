/**
 * The series selectors of an expression.
 */
import type { Expr, VectorSelector } from './ast.ts';

/** All vector selectors of an expression, those of ranges included, from left to right. */
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
      return [
        ...(expr.param === undefined ? [] : selectorsOf(expr.param)),
        ...selectorsOf(expr.expr),
      ];
    case 'binary':
      return [...selectorsOf(expr.left), ...selectorsOf(expr.right)];
  }
}
