/**
 * Tokens of PromQL: their kinds, and how error texts name them.
 *
 * The kind of punctuation, operators and keywords is their own text in lower case. Names of kinds
 * and descriptions follow Prometheus promql/parser/lex.go.
 */
import type { AggregationOperator, BinaryOperator } from './ast.ts';
import { quote } from './quote.ts';

export interface Token {
  readonly kind: TokenKind;
  /** As written; strings with their quotes. Of kind `error`, the reason. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type TokenKind =
  | 'end'
  | 'error'
  | 'identifier'
  /** A name with a colon: a metric's, never a label's or function's. */
  | 'metric-identifier'
  | 'number'
  | 'duration'
  | 'string'
  | Punctuation
  | BinaryOperator
  | AggregationOperator
  | Keyword;

type Punctuation = '(' | ')' | '{' | '}' | '[' | ']' | ',' | ':' | '=' | '=~' | '!~' | '@';

type Keyword =
  | 'offset'
  | 'smoothed'
  | 'anchored'
  | 'by'
  | 'without'
  | 'on'
  | 'ignoring'
  | 'group_left'
  | 'group_right'
  | 'fill'
  | 'fill_left'
  | 'fill_right'
  | 'bool'
  | 'start()'
  | 'end()'
  | 'step()'
  | 'range()'
  | 'max_of'
  | 'min_of';

export const AGGREGATION_OPERATORS: ReadonlySet<string> = new Set<AggregationOperator>([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]);

const OPERATORS: ReadonlySet<string> = new Set([
  ...['+', '-', '*', '/', '%', '^', '==', '!=', '>', '<', '>=', '<=', '=~', '!~', '@'],
  ...['and', 'or', 'unless', 'atan2'],
]);

/** Words that stand before or after an expression; error texts name them `<by>`. */
const MODIFIERS: ReadonlySet<string> = new Set([
  ...['offset', 'smoothed', 'anchored', 'by', 'without', 'on', 'ignoring', 'group_left'],
  ...['group_right', 'fill', 'fill_left', 'fill_right', 'bool'],
]);

/** Words that are functions of the query's own times, or names. Their kind has a `()`. */
const QUERY_TIMES: ReadonlySet<string> = new Set(['start', 'end', 'step', 'range']);

/**
 * The kind of a word, whatever its case: a keyword's own, `number` for Inf and NaN, else
 * `identifier` or `metric-identifier`.
 */
export function wordKind(word: string): TokenKind {
  const lower = word.toLowerCase();
  if (lower === 'inf' || lower === 'nan') return 'number';
  if (QUERY_TIMES.has(lower)) return `${lower}()` as TokenKind;
  if (
    AGGREGATION_OPERATORS.has(lower) ||
    MODIFIERS.has(lower) ||
    lower === 'max_of' ||
    lower === 'min_of' ||
    (lower.length > 1 && OPERATORS.has(lower))
  ) {
    return lower as TokenKind;
  }
  return word.includes(':') ? 'metric-identifier' : 'identifier';
}

const NOT_WORDS: ReadonlySet<TokenKind> = new Set([
  ...(['end', 'error', 'number', 'duration', 'string'] as const),
  ...(['(', ')', '{', '}', '[', ']', ',', ':', '=', '=~', '!~', '@'] as const),
  ...(['+', '-', '*', '/', '%', '^', '==', '!=', '>', '<', '>=', '<='] as const),
]);

const NEVER_METRICS: ReadonlySet<TokenKind> = new Set([
  ...(['on', 'ignoring', 'group_left', 'group_right', 'bool', 'atan2'] as const),
]);

/** Whether the token can name a metric outside quotes. */
export function isMetricName(kind: TokenKind): boolean {
  return !NOT_WORDS.has(kind) && !NEVER_METRICS.has(kind);
}

/** Whether the token can name a label in by(...), on(...) and the like outside quotes. */
export function isGroupingLabel(kind: TokenKind): boolean {
  return !NOT_WORDS.has(kind) && kind !== 'without';
}

const LONG_TEXT = 10;

/** How error texts name a token: `identifier "foo"`, `<op:+>`, `<by>`, `")"`, `end of input`. */
export function describeToken({ kind, text }: Token): string {
  switch (kind) {
    case 'end':
      return 'end of input';
    case 'identifier':
      return `identifier ${quote(text)}`;
    case 'metric-identifier':
      return `metric identifier ${quote(text)}`;
    case 'number':
    case 'duration':
    case 'string':
      return `${kind} ${abridge(text)}`;
    default:
      if (MODIFIERS.has(kind)) return `<${text}>`;
      if (OPERATORS.has(kind)) return `<op:${text}>`;
      if (AGGREGATION_OPERATORS.has(kind)) return `<aggr:${text}>`;
      return quote(text);
  }
}

function abridge(text: string): string {
  const characters = [...text];
  return characters.length > LONG_TEXT
    ? `${quote(characters.slice(0, LONG_TEXT).join(''))}...`
    : quote(text);
}
