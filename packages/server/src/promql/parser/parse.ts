/**
 * PromQL text to a checked syntax tree: a Pratt parser over `lexer.ts`, then `check.ts`.
 *
 * Whatever the text, `parse` ends and throws nothing but PromqlSyntaxError; texts and positions of
 * errors are Prometheus's. Grammar: docs/promql.md; Prometheus promql/parser/generated_parser.y.
 */

import { nearestWord } from '@mon/storage/model/nearest-word';
import { FUNCTIONS, RENAMED_FUNCTIONS } from '../functions/signatures.ts';
import type {
  Aggregation,
  AggregationOperator,
  BinaryOperation,
  BinaryOperator,
  Call,
  Expr,
} from './ast.ts';
import { checkTypes } from './check.ts';
import { Cursor } from './cursor.ts';
import { readNumber } from './number.ts';
import { parseBinaryModifiers, parseGrouping } from './parse-grouping.ts';
import { parsePostfix } from './parse-postfix.ts';
import { parseSelector } from './parse-selector.ts';
import { quote, unquote } from './quote.ts';
import { AGGREGATION_OPERATORS, isMetricName, type Token, type TokenKind } from './token.ts';

const PRECEDENCE: Partial<Record<TokenKind, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};

/** A sign binds like a multiplication: `-2 ^ 2` is -4. */
const UNARY_PRECEDENCE = 5;

/** Aggregations with a parameter before the vector. */
const PARAMETRIZED: ReadonlySet<string> = new Set([
  ...['topk', 'bottomk', 'quantile', 'count_values', 'limitk', 'limit_ratio'],
]);

/**
 * Reads and type-checks a query.
 *
 * @throws PromqlSyntaxError
 */
export function parse(text: string): Expr {
  const cursor = new Cursor(text);
  if (cursor.current.kind === 'end') {
    cursor.fail({ start: 0, end: 0 }, 'no expression found in input');
  }
  const expr = parseExpr(cursor, 0);
  if (cursor.current.kind !== 'end') cursor.unexpected();
  return checkTypes(expr, text);
}

/** An expression whose operators bind at least as strongly as `precedenceMin`. */
function parseExpr(cursor: Cursor, precedenceMin: number): Expr {
  return cursor.nested(() => {
    let left = parseOperand(cursor);
    for (;;) {
      const { kind } = cursor.current;
      const precedence = PRECEDENCE[kind];
      if (precedence === undefined || precedence < precedenceMin) return left;
      cursor.advance();
      left = parseRightSide(cursor, left, { operator: kind as BinaryOperator, precedence });
    }
  });
}

function parseRightSide(
  cursor: Cursor,
  left: Expr,
  { operator, precedence }: { operator: BinaryOperator; precedence: number },
): BinaryOperation {
  const modifiers = parseBinaryModifiers(cursor);
  // `^` alone groups to the right.
  const right = parseExpr(cursor, operator === '^' ? precedence : precedence + 1);
  const span = { start: left.span.start, end: right.span.end };
  return { kind: 'binary', operator, left, right, ...modifiers, span };
}

function parseOperand(cursor: Cursor): Expr {
  const sign = cursor.accept('-') ?? cursor.accept('+');
  if (sign === undefined) return parsePostfix(cursor, parsePrimary(cursor));
  const expr = parseExpr(cursor, UNARY_PRECEDENCE + 1);
  const span = { start: sign.start, end: expr.span.end };
  if (expr.kind === 'number') {
    return { ...expr, value: sign.kind === '-' ? -expr.value : expr.value, span };
  }
  return { kind: 'unary', operator: sign.kind === '-' ? '-' : '+', expr, span };
}

function parsePrimary(cursor: Cursor): Expr {
  const token = cursor.current;
  switch (token.kind) {
    case 'number':
    case 'duration':
      return readNumber(cursor, cursor.advance());
    case 'string': {
      cursor.advance();
      const { start, end } = token;
      return { kind: 'string', value: unquote(token.text), span: { start, end } };
    }
    case '{':
      return parseSelector(cursor, undefined);
    case '(': {
      cursor.advance();
      const expr = parseExpr(cursor, 0);
      if (cursor.accept(')') === undefined) cursor.unexpected();
      return { kind: 'paren', expr, span: { start: token.start, end: cursor.lastEnd } };
    }
    default:
      return parseNamed(cursor);
  }
}

/** What begins with a word: an aggregation, a call, a selector. */
function parseNamed(cursor: Cursor): Expr {
  const token = cursor.current;
  if (!isMetricName(token.kind)) cursor.unexpected();
  cursor.advance();
  const next = cursor.current.kind;
  if (AGGREGATION_OPERATORS.has(token.kind)) {
    if (next === '(' || next === 'by' || next === 'without') return parseAggregation(cursor, token);
  } else if (next === '(' && isFunctionName(token.kind)) {
    return parseCall(cursor, token);
  }
  return parseSelector(cursor, token);
}

function isFunctionName(kind: TokenKind): boolean {
  switch (kind) {
    case 'identifier':
    case 'start()':
    case 'end()':
    case 'step()':
    case 'range()':
    case 'max_of':
    case 'min_of':
      return true;
    default:
      return false;
  }
}

function parseCall(cursor: Cursor, name: Token): Call {
  const args = parseArguments(cursor);
  const func = FUNCTIONS.get(name.text);
  if (func === undefined) {
    const suggestion =
      RENAMED_FUNCTIONS.get(name.text) ??
      nearestWord(name.text, [...FUNCTIONS.keys(), ...AGGREGATION_OPERATORS]);
    cursor.fail(name, `unknown function with name ${quote(name.text)}`, suggestion);
  }
  return { kind: 'call', func, args, span: { start: name.start, end: cursor.lastEnd } };
}

/** `(a, b)` behind a name; the parenthesis is the current token. */
function parseArguments(cursor: Cursor): Expr[] {
  cursor.advance();
  const args: Expr[] = [];
  if (cursor.accept(')') !== undefined) return args;
  for (;;) {
    args.push(parseExpr(cursor, 0));
    if (cursor.accept(')') !== undefined) return args;
    const comma = cursor.accept(',');
    if (comma === undefined) cursor.unexpected();
    if (cursor.current.kind === ')') {
      cursor.fail(comma, 'trailing commas not allowed in function call args');
    }
  }
}

function parseAggregation(cursor: Cursor, name: Token): Aggregation {
  const before = parseGrouping(cursor);
  const args = cursor.inAggregation(() => {
    if (cursor.current.kind !== '(') cursor.unexpected();
    return parseArguments(cursor);
  });
  const clause = before ?? parseGrouping(cursor) ?? { without: false, grouping: [] };
  const span = { start: name.start, end: cursor.lastEnd };
  const takesParam = PARAMETRIZED.has(name.kind);
  if (args.length === 0) cursor.fail(span, 'no arguments for aggregate expression provided');
  const wanted = takesParam ? 2 : 1;
  if (args.length !== wanted) {
    cursor.fail(
      span,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  }
  return {
    kind: 'aggregation',
    operator: name.kind as AggregationOperator,
    expr: args.at(-1) as Expr,
    param: takesParam ? args[0] : undefined,
    ...clause,
    span,
  };
}
