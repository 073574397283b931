/**
 * The syntax tree of PromQL, as parsed and type-checked.
 *
 * Every node carries where it stands in the query text (half-open, UTF-16 units), for errors and
 * annotations. Times and durations are ms. Nodes are immutable; rewrites build new ones.
 * Source: Prometheus promql/parser/ast.go (shapes), docs/promql.md here.
 */
import type { Matcher } from '@mon/storage/model/matcher';

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | BinaryOperation
  | UnaryOperation
  | Parenthesized;

export interface NumberLiteral {
  readonly kind: 'number';
  readonly value: number;
  /** Written as a duration (`5m` is 300): matters to the printer alone. */
  readonly isDuration: boolean;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

/** `@ 123`, `@ start()`, `@ end()`. */
export type AtModifier =
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

export interface VectorSelector {
  readonly kind: 'vector-selector';
  /** The name before the braces, or ''. The matcher for it is in `matchers` too, first. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  /** Where the offset is known only with the query's times; see `parser/query-times.ts`. */
  readonly offsetExpr?: DurationExpr;
  readonly at: AtModifier | undefined;
  readonly span: Span;
}

export interface MatrixSelector {
  readonly kind: 'matrix-selector';
  readonly selector: VectorSelector;
  readonly rangeMs: number;
  readonly rangeExpr?: DurationExpr;
  readonly span: Span;
}

export interface Subquery {
  readonly kind: 'subquery';
  readonly expr: Expr;
  readonly rangeMs: number;
  readonly rangeExpr?: DurationExpr;
  /** 0: the default evaluation interval. */
  readonly stepMs: number;
  readonly stepExpr?: DurationExpr;
  readonly offsetMs: number;
  readonly offsetExpr?: DurationExpr;
  readonly at: AtModifier | undefined;
  readonly span: Span;
}

/**
 * A duration that depends on the query's times: `step() * 2`, `max_of(range(), 5m)`. Constant ones
 * are computed by the parser; `resolveQueryTimes` replaces these before a query is planned.
 */
export type DurationExpr =
  | { readonly kind: 'seconds'; readonly seconds: number; readonly span: Span }
  | { readonly kind: 'query-time'; readonly name: 'step' | 'range'; readonly span: Span }
  | { readonly kind: 'negation'; readonly operand: DurationExpr; readonly span: Span }
  | {
      readonly kind: 'arithmetic';
      readonly operator: DurationOperator;
      readonly left: DurationExpr;
      readonly right: DurationExpr;
      readonly span: Span;
    };

export type DurationOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'max_of' | 'min_of';

export interface Call {
  readonly kind: 'call';
  readonly func: FunctionSignature;
  readonly args: readonly Expr[];
  readonly span: Span;
}

/** A function of the language: what the type checker knows of it. Table: `functions/signatures.ts`. */
export interface FunctionSignature {
  readonly name: string;
  readonly argTypes: readonly ValueType[];
  /** How many of the last arguments may be left out; -1: the last may be repeated or left out. */
  readonly variadic: number;
  readonly returnType: ValueType;
  readonly experimental: boolean;
}

export type AggregationOperator =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'count_values'
  | 'quantile'
  | 'limitk'
  | 'limit_ratio';

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly operator: AggregationOperator;
  readonly expr: Expr;
  /** The parameter of topk, bottomk, quantile, count_values, limitk, limit_ratio. */
  readonly param: Expr | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly span: Span;
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | 'atan2'
  | '=='
  | '!='
  | '>'
  | '<'
  | '>='
  | '<='
  | 'and'
  | 'or'
  | 'unless';

export type MatchCardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';

export interface VectorMatching {
  readonly cardinality: MatchCardinality;
  /** True for `on`, false for `ignoring` and for no clause. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels of group_left(...) / group_right(...). */
  readonly include: readonly string[];
  /** `fill(...)`, `fill_left(...)`, `fill_right(...)`: a value for missing partners. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface BinaryOperation {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnBool: boolean;
  /** Only between two vectors. */
  readonly matching: VectorMatching | undefined;
  readonly span: Span;
}

export interface UnaryOperation {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly expr: Expr;
  readonly span: Span;
}

export interface Parenthesized {
  readonly kind: 'paren';
  readonly expr: Expr;
  readonly span: Span;
}

/** The type an expression evaluates to. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector-selector':
    case 'aggregation':
      return 'vector';
    case 'matrix-selector':
    case 'subquery':
      return 'matrix';
    case 'call':
      return expr.func.returnType;
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar'
        ? 'scalar'
        : 'vector';
    case 'unary':
    case 'paren':
      return typeOf(expr.expr);
  }
}
