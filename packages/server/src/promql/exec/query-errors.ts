/**
 * The errors that stop a query while it is evaluated. Texts that Prometheus has too are its own,
 * since people search for them.
 */
import { MonError } from '@mon/storage/model/error';

/** The query cannot be evaluated over the series it met. */
export function queryFailed(why: string): MonError {
  return new MonError({
    code: 'query-failed',
    what: 'Cannot evaluate the query',
    why,
    mend: 'Match on more labels, group with group_left or group_right, or aggregate first.',
  });
}

/** A limit of the query is reached; `limit` names it, `mend` says what to narrow. */
export function queryLimit(limit: string, why: string, mend: string): MonError {
  return new MonError({
    code: 'query-limit',
    what: `Cannot evaluate the query within its limit of ${limit}`,
    why,
    mend,
  });
}

export function queryTimeout(timeoutMs: number): MonError {
  return new MonError({
    code: 'query-timeout',
    what: 'Cannot finish the query',
    why: `query timed out in expression evaluation after ${timeoutMs / 1000} s`,
    mend: 'Narrow the selectors or the time range, or take a wider step.',
  });
}

export function queryCanceled(cause: unknown): MonError {
  return new MonError({
    code: 'query-canceled',
    what: 'Cannot finish the query',
    why: 'query was canceled in expression evaluation',
    mend: 'Ask again.',
    retryable: true,
    cause,
  });
}
