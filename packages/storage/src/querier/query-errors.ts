/**
 * Why a selection ends before it is done.
 */
import { MonError } from '../model/error.ts';

/** The reader went away. */
export function canceled(): MonError {
  return new MonError({
    code: 'query-canceled',
    what: 'Cannot finish the selection',
    why: 'the reader canceled it',
    mend: 'Ask again.',
    retryable: true,
  });
}

/** More samples than the query may read. */
export function tooManySamples(samplesMax: number): MonError {
  return new MonError({
    code: 'query-limit',
    what: 'Cannot finish the selection',
    why: `it reads more than ${samplesMax} samples, the limit of the query`,
    mend: 'Narrow the selector or the time range, or raise the limit.',
  });
}

export function tooManyExemplars(exemplarsMax: number): MonError {
  return new MonError({
    code: 'query-limit',
    what: `Cannot answer with more than ${exemplarsMax} exemplars`,
    why: 'the query selects more of them',
    mend: 'Narrow the selectors or the time range.',
  });
}
