/**
 * Arithmetic of computed durations.
 */
import type { DurationOperator } from './ast.ts';

/** One operation, in seconds. */
export function compute(operator: DurationOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
    case 'max_of':
      return Math.max(left, right);
    case 'min_of':
      return Math.min(left, right);
  }
}
