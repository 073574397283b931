/**
 * A query's syntax tree as /api/v1/parse_query answers it.
 *
 * Source: prometheus/prometheus web/api/v1/translate_ast.go.
 */
import { valueText } from '../api/number-text.ts';
import type { AtModifier, BinaryOperation, Expr, VectorSelector } from '../promql/parser/ast.ts';

export function parseTree(expr: Expr): unknown {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: valueText(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'vector-selector':
      return { type: 'vectorSelector', ...selector(expr) };
    case 'matrix-selector':
      return { type: 'matrixSelector', ...selector(expr.selector), range: expr.rangeMs };
    case 'subquery':
      return {
        type: 'subquery',
        expr: parseTree(expr.expr),
        range: expr.rangeMs,
        offset: expr.offsetMs,
        step: expr.stepMs,
        ...at(expr.at),
      };
    case 'call': {
      const { name, argTypes, variadic, returnType } = expr.func;
      const func = { name, argTypes, variadic, returnType };
      return { type: 'call', func, args: expr.args.map(parseTree) };
    }
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.operator,
        expr: parseTree(expr.expr),
        param: expr.param === undefined ? null : parseTree(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      };
    case 'binary':
      return binary(expr);
    case 'unary':
      return { type: 'unaryExpr', op: expr.operator, expr: parseTree(expr.expr) };
    case 'paren':
      return { type: 'parenExpr', expr: parseTree(expr.expr) };
  }
}

function binary({ operator, left, right, returnBool, matching }: BinaryOperation): unknown {
  return {
    type: 'binaryExpr',
    op: operator,
    lhs: parseTree(left),
    rhs: parseTree(right),
    bool: returnBool,
    matching:
      matching === undefined
        ? null
        : {
            card: matching.cardinality,
            labels: matching.labels,
            on: matching.on,
            include: matching.include,
          },
  };
}

function selector({ name, offsetMs, matchers, at: modifier }: VectorSelector) {
  return {
    name,
    offset: offsetMs,
    matchers: matchers.map((matcher) => ({
      name: matcher.name,
      type: matcher.kind,
      value: matcher.value,
    })),
    ...at(modifier),
  };
}

function at(modifier: AtModifier | undefined) {
  return {
    timestamp: modifier?.kind === 'time' ? modifier.timeMs : null,
    startOrEnd: modifier === undefined || modifier.kind === 'time' ? null : modifier.kind,
  };
}
