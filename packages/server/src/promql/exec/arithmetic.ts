/**
 * The binary operators on two numbers, with Go's results where JavaScript's differ.
 *
 * Operators are small integers inside the loops: a switch on them compiles to a jump.
 */
import type { BinaryOperator } from '../parser/ast.ts';

/** The operators that give a number of two, and the functions that are such in all but form. */
export type NumberOperator = BinaryOperator | 'max_of' | 'min_of';

const OPERATORS: readonly NumberOperator[] = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  'atan2',
  '==',
  '!=',
  '>',
  '<',
  '>=',
  '<=',
  'max_of',
  'min_of',
];
const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '>', '<', '>=', '<=']);

/** The number by which the loops know an operator. */
export function operatorCode(operator: NumberOperator): number {
  return OPERATORS.indexOf(operator);
}

export function isComparison(operator: BinaryOperator): boolean {
  return COMPARISONS.has(operator);
}

export function isSetOperator(operator: BinaryOperator): boolean {
  return operator === 'and' || operator === 'or' || operator === 'unless';
}

/** Applies an operator by its code; a comparison gives 1 or 0. */
export function operate(code: number, a: number, b: number): number {
  switch (code) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 3:
      return a / b;
    case 4:
      return a % b;
    case 5:
      return power(a, b);
    case 6:
      return Math.atan2(a, b);
    case 7:
      return a === b ? 1 : 0;
    case 8:
      return a !== b ? 1 : 0;
    case 9:
      return a > b ? 1 : 0;
    case 10:
      return a < b ? 1 : 0;
    case 11:
      return a >= b ? 1 : 0;
    case 12:
      return a <= b ? 1 : 0;
    case 13:
      return Math.max(a, b);
    default:
      return Math.min(a, b);
  }
}

/** Go's math.Pow: 1^x is 1 for every x, and (-1) to an infinite power is 1. */
function power(a: number, b: number): number {
  if (a === 1) return 1;
  if (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) return 1;
  return a ** b;
}
