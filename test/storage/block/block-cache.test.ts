import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BlockCache } from '@mon/storage/block/block-cache';
import { writeBlock } from '@mon/storage/block/block-writer';
import t, { type Test } from 'tap';
import {
  collect,
  everything,
  KEY,
  SLOT_MS,
  START_MS,
  seriesOf,
  temporaryFolder,
  times,
} from './block-fixture.ts';

async function blocks(t: Test, count: number): Promise<string[]> {
  const folder = temporaryFolder(t);
  const dirs = Array.from({ length: count }, (_, i) => join(folder, `${i}`));
  for (const dir of dirs) {
    await writeBlock({
      dir,
      hashKey: KEY,
      slotWidthMs: SLOT_MS,
      generations: { min: 1, max: 1 },
      sources: [],
      series: [seriesOf({ __name__: 'dir', dir }, times(START_MS, 3), () => 1)],
    });
  }
  return dirs;
}

t.test('BlockCache opens each block once and closes the one used longest ago', async (t) => {
  const dirs = await blocks(t, 3);
  const cache = new BlockCache(2);
  t.teardown(() => cache.close());
  const use = (i: number) => cache.use(dirs[i] as string, async (reader) => reader);
  const [first, again] = await Promise.all([use(0), use(0)]);
  t.equal(first, again);
  await use(1);
  await use(0);
  await use(2);
  t.equal(cache.size, 2);
  t.equal(await use(0), first, 'used later than block 1');
  t.not(await use(1), undefined);
});

t.test('BlockCache keeps what is in use open, and retires it after', async (t) => {
  const dirs = await blocks(t, 3);
  const cache = new BlockCache(1);
  t.teardown(() => cache.close());
  const walks = dirs.map((dir) => cache.stream(dir, (reader) => reader.series(everything())));
  for (const walk of walks)
    t.same((await walk.next()).value, ['__name__', 'dir', 'dir', dirs[walks.indexOf(walk)]]);
  t.equal(cache.size, 3);
  let isRetired = false;
  const retired = cache.retire([dirs[0] as string]).then(() => {
    isRetired = true;
  });
  await walks[1]?.next();
  await walks[2]?.return(undefined);
  t.equal(isRetired, false);
  t.same(await collect(walks[0] as AsyncGenerator), []);
  await retired;
  t.equal(isRetired, true);
  t.ok(cache.size <= 1);
});

t.test('BlockCache passes on why a block cannot be opened, and tries again', async (t) => {
  const [dir = ''] = await blocks(t, 1);
  const cache = new BlockCache();
  t.teardown(() => cache.close());
  await t.rejects(
    cache.use(`${dir}x`, async () => 1),
    { code: 'bad-database' },
  );
  t.equal(cache.size, 0);
  rmSync(`${dir}x`, { recursive: true, force: true });
  t.equal(await cache.use(dir, async () => 1), 1);
});
