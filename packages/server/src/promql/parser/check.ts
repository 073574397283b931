/**
 * The type checker: what each operator and function takes, in Prometheus's order and words.
 *
 * Also settles what depends on types: vector matching stays only between two vectors, and of set
 * operators is many-to-many. Source: Prometheus promql/parser/parse.go, checkAST.
 */

import { METRIC_NAME } from '@mon/storage/model/labels';
import { valueTest } from '@mon/storage/model/matcher';
import {
  type Aggregation,
  type BinaryOperation,
  type BinaryOperator,
  type Call,
  type DurationExpr,
  type Expr,
  type Span,
  type Subquery,
  typeOf,
  type ValueType,
  type VectorMatching,
  type VectorSelector,
} from './ast.ts';
import { EXPR_DEPTH_MAX } from './cursor.ts';
import { quote } from './quote.ts';
import { PromqlSyntaxError } from './syntax-error.ts';

const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '>', '<', '>=', '<=']);
const SET_OPERATORS: ReadonlySet<BinaryOperator> = new Set(['and', 'or', 'unless']);

/**
 * The tree with matching settled.
 *
 * @throws PromqlSyntaxError the first mistake, children before parents
 */
export function checkTypes(expr: Expr, text: string): Expr {
  return new Check(text).expr(expr, 1);
}

/** Holds the query's text, for positions, while its tree is walked. */
class Check {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  expr(expr: Expr, depth: number): Expr {
    if (depth > EXPR_DEPTH_MAX) {
      this.#fail(expr.span, `expression is nested deeper than ${EXPR_DEPTH_MAX} levels`);
    }
    switch (expr.kind) {
      case 'number':
      case 'string':
        return expr;
      case 'vector-selector':
        this.#selector(expr, depth);
        return expr;
      case 'matrix-selector':
        this.#duration(expr.rangeExpr, depth);
        this.#selector(expr.selector, depth);
        return expr;
      case 'subquery':
        return this.#subquery(expr, depth);
      case 'call':
        return this.#call(expr, depth);
      case 'aggregation':
        return this.#aggregation(expr, depth);
      case 'binary':
        return this.#binary(expr, depth);
      case 'unary': {
        const operand = this.expr(expr.expr, depth + 1);
        const type = typeOf(operand);
        if (type !== 'scalar' && type !== 'vector') {
          const got = quote(TYPE_NAMES[type]);
          this.#fail(
            expr.span,
            `unary expression only allowed on expressions of type scalar or instant vector, got ${got}`,
          );
        }
        return { ...expr, expr: operand };
      }
      case 'paren':
        return { ...expr, expr: this.expr(expr.expr, depth + 1) };
    }
  }

  #selector(selector: VectorSelector, depth: number): void {
    this.#duration(selector.offsetExpr, depth);
    const { name, matchers } = selector;
    if (name !== '') {
      const second = matchers.slice(1).find((matcher) => matcher.name === METRIC_NAME);
      if (second === undefined) return;
      const names = `${quote(name)} or ${quote(second.value)}`;
      this.#fail(selector.span, `metric name must not be set twice: ${names}`);
    }
    // A typing error must not select everything there is.
    if (matchers.every((matcher) => valueTest(matcher)(''))) {
      this.#fail(selector.span, 'vector selector must contain at least one non-empty matcher');
    }
  }

  #subquery(subquery: Subquery, depth: number): Expr {
    this.#duration(subquery.rangeExpr, depth);
    this.#duration(subquery.stepExpr, depth);
    this.#duration(subquery.offsetExpr, depth);
    const expr = this.expr(subquery.expr, depth + 1);
    const type = typeOf(expr);
    if (type !== 'vector') {
      this.#fail(subquery.span, `subquery is only allowed on instant vector, got ${type} instead`);
    }
    return { ...subquery, expr };
  }

  /** Walks a duration expression for its depth alone. */
  #duration(expr: DurationExpr | undefined, depth: number): void {
    if (expr === undefined) return;
    if (depth > EXPR_DEPTH_MAX) {
      this.#fail(expr.span, `expression is nested deeper than ${EXPR_DEPTH_MAX} levels`);
    }
    if (expr.kind === 'negation') this.#duration(expr.operand, depth + 1);
    if (expr.kind === 'arithmetic') {
      this.#duration(expr.left, depth + 1);
      this.#duration(expr.right, depth + 1);
    }
  }

  #aggregation(node: Aggregation, depth: number): Expr {
    const expr = this.expr(node.expr, depth + 1);
    this.#expectType(expr, 'vector', 'aggregation expression');
    if (node.param === undefined) return { ...node, expr };
    const param = this.expr(node.param, depth + 1);
    const wanted = node.operator === 'count_values' ? 'string' : 'scalar';
    this.#expectType(param, wanted, 'aggregation parameter');
    return { ...node, expr, param };
  }

  #call(call: Call, depth: number): Expr {
    this.#argumentCount(call);
    const { name, argTypes } = call.func;
    const context = `call to function ${quote(name)}`;
    if (name === 'info' && call.args.length > 1) this.#labelSelector(call, context);
    const args = call.args.map((arg, i) => {
      // The second argument of info is a list of matchers in a selector's clothes.
      if (name === 'info' && i === 1) return arg;
      const checked = this.expr(arg, depth + 1);
      this.#expectType(checked, argTypes[Math.min(i, argTypes.length - 1)] as ValueType, context);
      return checked;
    });
    return { ...call, args };
  }

  #argumentCount({ func, args, span }: Call): void {
    const named = func.argTypes.length;
    const count = args.length;
    const inCall = `in call to ${quote(func.name)}, got ${count}`;
    if (func.variadic === 0) {
      if (count !== named) this.#fail(span, `expected ${named} argument(s) ${inCall}`);
      return;
    }
    const least = named - 1;
    const most = least + func.variadic;
    if (count < least) this.#fail(span, `expected at least ${least} argument(s) ${inCall}`);
    if (func.variadic > 0 && count > most) {
      this.#fail(span, `expected at most ${most} argument(s) ${inCall}`);
    }
  }

  #labelSelector(call: Call, context: string): void {
    const selector = call.args[1] as Expr;
    // Types of unchecked nodes are known, unless the tree is too deep to ask.
    if (selector.kind === 'vector-selector') {
      if (selector.name === '') return;
      this.#fail(selector.span, 'expected label selectors only, got vector selector instead');
    }
    const type = typeOf(this.expr(selector, 1));
    if (type !== 'vector') this.#failType(call.span, 'vector', context, type);
    this.#fail(selector.span, 'expected label selectors only');
  }

  #binary(node: BinaryOperation, depth: number): Expr {
    const left = this.expr(node.left, depth + 1);
    const right = this.expr(node.right, depth + 1);
    const { operator, returnBool } = node;
    const types = [typeOf(left), typeOf(right)] as const;
    const isComparison = COMPARISONS.has(operator);
    if (returnBool && !isComparison) {
      this.#failAtOperator(node, 'bool modifier can only be used on comparison operators');
    }
    if (isComparison && !returnBool && types[0] === 'scalar' && types[1] === 'scalar') {
      this.#failAtOperator(node, 'comparisons between scalars must use BOOL modifier');
    }
    const matching = node.matching as VectorMatching;
    const shared = matching.on && matching.labels.find((name) => matching.include.includes(name));
    if (typeof shared === 'string') {
      this.#failAtOperator(
        node,
        `label ${quote(shared)} must not occur in ON and GROUP clause at once`,
      );
    }
    for (const operand of [left, right]) {
      if (typeOf(operand) === 'scalar' || typeOf(operand) === 'vector') continue;
      const reason = 'binary expression must contain only scalar and instant vector types';
      this.#fail(operand.span, reason);
    }
    if (types[0] === 'vector' && types[1] === 'vector') {
      return { ...node, left, right, matching: this.#vectorMatching(node, matching) };
    }
    this.#scalarOperand(node, matching);
    return { ...node, left, right, matching: undefined };
  }

  #vectorMatching({ operator, span }: BinaryOperation, matching: VectorMatching): VectorMatching {
    if (!SET_OPERATORS.has(operator)) return matching;
    if (matching.cardinality !== 'one-to-one') {
      this.#fail(span, `no grouping allowed for ${quote(operator)} operation`);
    }
    if (matching.fillLeft !== undefined || matching.fillRight !== undefined) {
      this.#fail(span, 'filling in missing series not allowed for set operators');
    }
    return { ...matching, cardinality: 'many-to-many' };
  }

  /** What is not allowed where one operand is a scalar. */
  #scalarOperand({ operator, span }: BinaryOperation, matching: VectorMatching): void {
    if (matching.labels.length > 0) {
      this.#fail(span, 'vector matching only allowed between instant vectors');
    }
    if (matching.fillLeft !== undefined || matching.fillRight !== undefined) {
      this.#fail(span, 'filling in missing series only allowed between instant vectors');
    }
    if (SET_OPERATORS.has(operator)) {
      this.#fail(span, `set operator ${quote(operator)} not allowed in binary scalar expression`);
    }
  }

  #expectType(expr: Expr, wanted: ValueType, context: string): void {
    const type = typeOf(expr);
    if (type !== wanted) this.#failType(expr.span, wanted, context, type);
  }

  #failType(span: Span, wanted: ValueType, context: string, got: ValueType): never {
    this.#fail(span, `expected type ${TYPE_NAMES[wanted]} in ${context}, got ${TYPE_NAMES[got]}`);
  }

  #failAtOperator({ left, right }: BinaryOperation, reason: string): never {
    const between = this.#text.slice(left.span.end, right.span.start);
    const start = left.span.end + between.search(/\S/);
    this.#fail({ start, end: left.span.end + between.trimEnd().length }, reason);
  }

  #fail(span: Span, reason: string): never {
    throw new PromqlSyntaxError({ text: this.#text, span, reason });
  }
}
