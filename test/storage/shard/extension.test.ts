import t from 'tap';
import { asBody, NOW_MS, openFor, type SeriesEntry, temporaryDir } from '../database-fixture.ts';

const WORKER = new URL('../extension-worker.ts', import.meta.url);

t.test('shardStreams() runs what the worker file adds, in every shard', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 3, shardWorker: WORKER });
  const entries = Array.from(
    { length: 1200 },
    (_, i): SeriesEntry => [{ __name__: 'm', i: `${i}` }, [NOW_MS, i]],
  );
  await database.append(asBody(entries));
  const shards = new Set<number>();
  const total = [0, 0];
  for await (const { shard, page } of database.shardStreams({ name: 'sums', ask: null })) {
    shards.add(shard);
    const [series = 0, sum = 0] = page as Float64Array;
    total[0] = (total[0] ?? 0) + series;
    total[1] = (total[1] ?? 0) + sum;
  }
  t.equal(shards.size, 3);
  t.same(total, [1200, (1199 * 1200) / 2]);
  const drain = async (ask: unknown, signal?: AbortSignal) => {
    for await (const _ of database.shardStreams({ name: 'sums', ask }, signal));
  };
  await t.rejects(drain('fail'), { code: 'query-failed' });
  await t.rejects(drain(null, AbortSignal.abort()), { code: 'query-canceled' });
  for await (const _ of database.shardStreams({ name: 'sums', ask: null })) break;
  await drain(null);
});
