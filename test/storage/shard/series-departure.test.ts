import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { SeriesCache } from '@mon/storage/shard/series-cache';
import { forgetSeries } from '@mon/storage/shard/series-departure';
import t from 'tap';

/** Enough that dropping some gives way to others in between. */
const SERIES = 400_000;

function hashOf(i: number): Int32Array {
  const mixed = Math.imul(i + 1, 0x9e3779b1);
  return Int32Array.of(mixed, i, ~i, mixed ^ 0x5bd1e995);
}

t.test('forgetSeries() drops for good what two owners ask to drop at once', async (t) => {
  const cache = new SeriesCache(new ShardMemory());
  for (let i = 0; i < SERIES; i++) cache.set(hashOf(i), 0, { owner: i % 2, ref: i >> 1 });
  const refs = Uint32Array.from({ length: SERIES / 4 }, (_, i) => i * 2);
  await Promise.all([forgetSeries(cache, 0, refs), forgetSeries(cache, 1, refs)]);
  let brought = 0;
  let lost = 0;
  for (let i = 0; i < SERIES; i++) {
    const isGone = (i >> 1) % 2 === 0;
    const isFound = cache.find(hashOf(i), 0) >= 0;
    if (isGone && isFound) brought++;
    if (!isGone && !isFound) lost++;
  }
  t.equal(brought, 0, 'none is found under a ref that another series will have');
  t.equal(lost, 0, 'the others are still known');
  t.equal(cache.count, SERIES / 2);
});
