/**
 * Which scalars need nothing from storage: an operator may have those before it asks for its rows.
 */
import type { ScalarPlan } from './plan.ts';

/** Whether a scalar is known without reading a series. */
export function isReadFree(scalar: ScalarPlan): boolean {
  switch (scalar.kind) {
    case 'constant':
    case 'time':
      return true;
    case 'scalar-of':
      return false;
    case 'scalar-operation':
      return isReadFree(scalar.left) && isReadFree(scalar.right);
    case 'repeated-scalar':
      return isReadFree(scalar.scalar);
  }
}
