/**
 * Ends a query from outside: when its caller goes away or its time is over, also while it waits for
 * storage that does not answer.
 */
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import { queryCanceled, queryTimeout } from './query-errors.ts';

export interface Deadline {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The caller's; aborted when it no longer wants the answer. */
  readonly signal: AbortSignal | undefined;
}

/**
 * What `work` resolves to. The signal it is given is aborted when the query is to end, with the
 * error as its reason, and in any case when `work` has ended, so that nothing goes on reading.
 *
 * @throws MonError `query-canceled`, `query-timeout`, the signal's reason where it is a MonError, and
 *   what `work` throws
 */
export async function withDeadline<Answer>(
  { clock, timeoutMs, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  if (signal?.aborted === true) throw endOf(signal);
  const ended = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const stop = (error: MonError) => {
    ended.abort(error);
    stopped.reject(error);
  };
  const cancel = () => stop(endOf(signal));
  signal?.addEventListener('abort', cancel, { once: true });
  const stopTimer = clock.after(timeoutMs, () => stop(queryTimeout(timeoutMs)));
  try {
    return await Promise.race([work(ended.signal), stopped.promise]);
  } finally {
    signal?.removeEventListener('abort', cancel);
    stopTimer();
    ended.abort(queryCanceled(undefined));
  }
}

/** Why a caller's signal ends the query: its own error where it names one. */
function endOf(signal: AbortSignal | undefined): MonError {
  const reason: unknown = signal?.reason;
  return reason instanceof MonError ? reason : queryCanceled(reason);
}
