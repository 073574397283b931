/**
 * Operations between scalars; between constants they are done while planning.
 */
import { type NumberOperator, operate, operatorCode } from '../exec/arithmetic.ts';
import type { ScalarPlan } from './plan.ts';

export function foldScalars(
  operator: NumberOperator,
  left: ScalarPlan,
  right: ScalarPlan,
): ScalarPlan {
  const { grid } = left;
  if (left.kind !== 'constant' || right.kind !== 'constant') {
    return { kind: 'scalar-operation', operator, left, right, grid };
  }
  const value = operate(operatorCode(operator), left.value, right.value);
  return { kind: 'constant', value, grid };
}
