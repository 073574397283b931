/**
 * Main's side of a reading: the shards' streams, each asked for its next page while the last is
 * used.
 */
import { assert } from '../model/assert.ts';
import type { StreamPage } from '../shard/shard-messages.ts';
import type { ShardPort } from '../shard/shard-threads.ts';
import { canceled } from './query-errors.ts';

let lastStream = 0;

interface Arrival {
  readonly shard: number;
  readonly answer: StreamPage;
}

/**
 * Pages of one stream from every shard, as they come.
 *
 * @throws MonError as a shard throws it; `query-canceled` when the signal aborts
 */
export async function* shardStreams(
  ports: readonly ShardPort[],
  request: { readonly name: string; readonly ask: unknown },
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly shard: number; readonly page: unknown }> {
  if (signal?.aborted) throw canceled();
  const stream = ++lastStream;
  const waiting = new Map<number, Promise<Arrival>>();
  const take = (shard: number, answer: Promise<StreamPage>) => {
    const arrival = answer.then((page) => ({ shard, answer: page }));
    // It may fail before anyone waits for it; whoever then does is told.
    arrival.catch(() => undefined);
    waiting.set(shard, arrival);
  };
  ports.forEach((port, shard) => {
    take(shard, port.call('open', { stream, ...request }));
  });
  const abort = abortPromise(signal);
  try {
    while (waiting.size > 0) {
      const { shard, answer } = await Promise.race([...waiting.values(), abort.promise]);
      waiting.delete(shard);
      if (!answer.isLast) {
        const port = ports[shard];
        assert(port !== undefined, `no shard ${shard}`);
        take(shard, port.call('next', stream));
      }
      if (answer.page !== null) yield { shard, page: answer.page };
    }
  } finally {
    abort.forget();
    for (const shard of waiting.keys()) {
      // Its outcome is of no interest any more; a lost thread is noticed elsewhere.
      void ports[shard]?.call('cancel', stream).catch(() => undefined);
    }
  }
}

/** Rejects when the signal aborts. */
function abortPromise(signal: AbortSignal | undefined): {
  readonly promise: Promise<never>;
  forget(): void;
} {
  let onAbort = () => {};
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(canceled());
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  promise.catch(() => undefined);
  return { promise, forget: () => signal?.removeEventListener('abort', onAbort) };
}
