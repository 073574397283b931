/**
 * Why a rule's evaluation failed, beyond what its query says.
 */
import { MonError } from '@mon/storage/model/error';

/** R9, R23: two series of the answer become the same one. */
export function sameLabels(kind: 'alert' | 'rule'): MonError {
  return new MonError({
    code: 'rule-same-labels',
    what: 'Cannot use the answer of the expression',
    why: `vector contains metrics with the same labelset after applying ${kind} labels`,
    mend: 'Aggregate, or do not overwrite a label that tells the series apart.',
  });
}

/** R10, R24 */
export function limitExceeded(limit: number, found: string): MonError {
  return new MonError({
    code: 'rule-limit',
    what: 'Cannot use the answer of the expression',
    why: `exceeded limit of ${limit} with ${found}`,
    mend: "Narrow the expression or raise the group's limit.",
  });
}
