/**
 * A syntax tree back to text, in Prometheus's canonical form: one line, single spaces, matchers
 * sorted. Parsing the text gives the same tree but for positions.
 *
 * Source of the form: Prometheus promql/parser/printer.go.
 */
import { formatDurationMs } from '@mon/storage/model/duration';
import { compareText, METRIC_NAME } from '@mon/storage/model/labels';
import type { Matcher } from '@mon/storage/model/matcher';
import type {
  Aggregation,
  AtModifier,
  BinaryOperation,
  DurationExpr,
  Expr,
  NumberLiteral,
  Subquery,
  VectorMatching,
  VectorSelector,
} from './ast.ts';
import { quote } from './quote.ts';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The query text of a tree. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr);
    case 'string':
      return quote(expr.value);
    case 'vector-selector':
      return printSelector(expr) + printTime(expr);
    case 'matrix-selector': {
      const { selector, rangeMs, rangeExpr } = expr;
      return `${printSelector(selector)}[${printDuration(rangeMs, rangeExpr)}]${printTime(selector)}`;
    }
    case 'subquery':
      return printSubquery(expr);
    case 'call':
      return `${expr.func.name}(${expr.args.map(printExpr).join(', ')})`;
    case 'aggregation':
      return printAggregation(expr);
    case 'binary':
      return printBinary(expr);
    case 'unary':
      return `${expr.operator}${printExpr(expr.expr)}`;
    case 'paren':
      return `(${printExpr(expr.expr)})`;
  }
}

function printNumber({ value, isDuration }: NumberLiteral): string {
  if (isDuration) return formatDurationMs(Math.round(value * 1000));
  return printFloat(value);
}

/** A float as PromQL reads it, shortest form, never with an exponent. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const shortest = Object.is(value, -0) ? '-0' : String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(shortest);
  if (parts === null) return shortest;
  const [, sign, first, rest = '', exponent] = parts;
  const digits = `${first}${rest}`;
  // Where the decimal point stands among the digits.
  const point = 1 + Number(exponent);
  return point <= 0
    ? `${sign}0.${'0'.repeat(-point)}${digits}`
    : `${sign}${digits.padEnd(point, '0')}`;
}

function printSelector({ name, matchers }: VectorSelector): string {
  const shown = matchers.filter(
    (matcher) => name === '' || matcher.name !== METRIC_NAME || matcher.value !== name,
  );
  const texts = shown.map(printMatcher).sort(compareText);
  return texts.length > 0 ? `${name}{${texts.join(',')}}` : name;
}

function printMatcher({ name, kind, value }: Matcher): string {
  return `${printLabel(name)}${kind}${quote(value)}`;
}

function printLabel(name: string): string {
  return LABEL_NAME.test(name) ? name : quote(name);
}

function printLabels(names: readonly string[]): string {
  return `(${names.map(printLabel).join(', ')})`;
}

function printTime({ at, offsetMs, offsetExpr }: VectorSelector | Subquery): string {
  let text = at === undefined ? '' : ` @ ${printAt(at)}`;
  if (offsetExpr !== undefined || offsetMs !== 0) {
    text += ` offset ${printDuration(offsetMs, offsetExpr)}`;
  }
  return text;
}

function printAt(at: AtModifier): string {
  return at.kind === 'time' ? (at.timeMs / 1000).toFixed(3) : `${at.kind}()`;
}

function printSubquery(subquery: Subquery): string {
  const { expr, rangeMs, rangeExpr, stepMs, stepExpr } = subquery;
  const range = printDuration(rangeMs, rangeExpr);
  const hasStep = stepMs !== 0 || stepExpr !== undefined;
  const step = hasStep ? printDuration(stepMs, stepExpr) : '';
  return `${printExpr(expr)}[${range}:${step}]${printTime(subquery)}`;
}

function printDuration(ms: number, expr: DurationExpr | undefined): string {
  return expr === undefined ? formatDurationMs(ms) : printDurationExpr(expr);
}

/** Parentheses around all that has an operator: what precedence was written is not kept. */
function printDurationExpr(expr: DurationExpr): string {
  switch (expr.kind) {
    case 'seconds':
      return printFloat(expr.seconds);
    case 'query-time':
      return `${expr.name}()`;
    case 'negation':
      return `-(${printDurationExpr(expr.operand)})`;
    case 'arithmetic': {
      const left = printDurationExpr(expr.left);
      const right = printDurationExpr(expr.right);
      if (expr.operator.length > 1) return `${expr.operator}(${left}, ${right})`;
      return `(${left} ${expr.operator} ${right})`;
    }
  }
}

function printAggregation({ operator, expr, param, grouping, without }: Aggregation): string {
  const args = [param, expr].filter((arg) => arg !== undefined).map(printExpr);
  let clause = '';
  if (without) clause = ` without ${printLabels(grouping)} `;
  else if (grouping.length > 0) clause = ` by ${printLabels(grouping)} `;
  return `${operator}${clause}(${args.join(', ')})`;
}

function printBinary({ operator, left, right, returnBool, matching }: BinaryOperation): string {
  const words = [printExpr(left), operator];
  if (returnBool) words.push('bool');
  if (matching !== undefined) words.push(...printMatching(matching));
  words.push(printExpr(right));
  return words.join(' ');
}

function printMatching(matching: VectorMatching): string[] {
  const { cardinality, on, labels, include, fillLeft, fillRight } = matching;
  const words: string[] = [];
  const isGrouped = cardinality === 'many-to-one' || cardinality === 'one-to-many';
  if (on || labels.length > 0 || isGrouped) {
    words.push(on ? 'on' : 'ignoring', printLabels(labels));
  }
  if (isGrouped) {
    words.push(cardinality === 'many-to-one' ? 'group_left' : 'group_right', printLabels(include));
  }
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) {
    words.push('fill', `(${printFloat(fillLeft)})`);
    return words;
  }
  if (fillLeft !== undefined) words.push('fill_left', `(${printFloat(fillLeft)})`);
  if (fillRight !== undefined) words.push('fill_right', `(${printFloat(fillRight)})`);
  return words;
}
