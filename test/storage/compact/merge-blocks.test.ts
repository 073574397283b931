import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BlockReader } from '@mon/storage/block/block-reader';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { writeBlock } from '@mon/storage/block/block-writer';
import { mergeBlocks } from '@mon/storage/compact/merge-blocks';
import { DAY_MS, HOUR_MS, planNextMerge } from '@mon/storage/compact/plan-merges';
import { Manifest } from '@mon/storage/manifest/manifest';
import t, { type Test } from 'tap';
import {
  bitText,
  collect,
  KEY,
  randomSeries,
  SLOT_MS,
  START_MS,
  seriesOf,
  sorted,
  temporaryFolder,
  times,
} from '../block/block-fixture.ts';
import { type Random, seededRandom } from '../encoding/seeded-random.ts';

function opened(t: Test, dir = temporaryFolder(t)): Manifest {
  const manifest = Manifest.open(dir, () => Buffer.from(KEY));
  t.teardown(() => manifest.close());
  return manifest;
}

async function addCut(manifest: Manifest, series: readonly BlockSeries[]): Promise<void> {
  const generation = manifest.cutGenerations.highest + 1;
  const id = manifest.newBlockId();
  const summary = await writeBlock({
    dir: manifest.blockDir(id),
    hashKey: manifest.hashKey,
    slotWidthMs: SLOT_MS,
    generations: { min: generation, max: generation },
    sources: [],
    series: sorted(series),
  });
  const add = summary === undefined ? [] : [{ id, tier: 'raw' as const, ...summary }];
  manifest.commit({ add, remove: [], generations: [generation] });
}

type Content = Map<string, Map<number, string>>;

/** Every sample: later ones replace earlier ones of the same series and time. */
function contentOf(parts: readonly (readonly BlockSeries[])[]): Content {
  const content: Content = new Map();
  for (const { tenant, labels, timestampsMs, values } of parts.flat()) {
    const key = [tenant, ...labels].join('\0');
    const samples = content.get(key) ?? new Map<number, string>();
    content.set(key, samples);
    timestampsMs.forEach((timeMs, i) => {
      samples.set(timeMs, bitText(values.subarray(i, i + 1)));
    });
  }
  return content;
}

async function readAll(manifest: Manifest): Promise<Content> {
  const parts: BlockSeries[][] = [];
  const byGeneration = [...manifest.live].sort((a, b) => a.generations.max - b.generations.max);
  for (const { id } of byGeneration) {
    const block = await BlockReader.open(manifest.blockDir(id));
    parts.push(await collect(block.allSeries()));
    await block.close();
  }
  return contentOf(parts);
}

const sortedContent = (content: Content) =>
  [...content]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, samples]) => [key, [...samples].sort(([a], [b]) => a - b)]);

/** Cuts of about half an hour, overlapping a little, the same hosts in each. */
function randomCuts(random: Random, count: number): BlockSeries[][] {
  return Array.from({ length: count }, (_, cut) =>
    Array.from({ length: 12 }, (_, i) => {
      const from = START_MS + (cut * HOUR_MS) / 2 - random.below(100_000) + random.below(3) * 1000;
      const stamps = times(Math.floor(from / 1000) * 1000, 1 + random.below(130));
      const record = { __name__: `metric_${i % 4}`, host: `${i}`, le: i % 3 ? '' : `${i}` };
      return seriesOf(record, stamps, () => random.next());
    }),
  );
}

t.test('mergeBlocks() keeps every sample, the later generation at equal times', async (t) => {
  const random = seededRandom(t);
  const cuts = [...randomCuts(random, 9), randomSeries(random, 6), ...randomCuts(random, 3)];
  const manifest = opened(t);
  for (const cut of cuts) await addCut(manifest, cut);
  const expected = sortedContent(contentOf(cuts));
  const days = (ids: readonly string[]) => ids.length;
  for (const until of ['usual', 'days'] as const) {
    for (;;) {
      const merge = planNextMerge(manifest.live, until);
      if (merge === undefined) break;
      const { added, removed } = await mergeBlocks(manifest, merge);
      t.ok(days(removed.map(({ id }) => id)) >= 1 && added.length >= 1);
      for (const { id } of removed) rmSync(manifest.blockDir(id), { recursive: true });
    }
    t.same(sortedContent(await readAll(manifest)), expected, until);
  }
  const lived = manifest.live.map(({ minTimeMs }) => Math.floor(minTimeMs / DAY_MS));
  t.equal(new Set(lived).size, lived.length, 'one block a day');
  for (const { id } of manifest.live) {
    const block = await BlockReader.open(manifest.blockDir(id));
    t.same((await block.verify()).problems, []);
    await block.close();
  }
});

t.test('mergeBlocks() that is stopped leaves the sources, and nothing else', async (t) => {
  const random = seededRandom(t);
  const manifest = opened(t);
  for (const cut of randomCuts(random, 4)) await addCut(manifest, cut);
  const before = manifest.live;
  const merge = { sources: before.map(({ id }) => id), windowMs: HOUR_MS };
  const controller = new AbortController();
  controller.abort(new Error('stop'));
  await t.rejects(mergeBlocks(manifest, merge, controller.signal), { message: 'stop' });
  t.same(manifest.live, before);
  t.same(
    readdirSync(join(manifest.blockDir('x'), '..')).sort(),
    before.map(({ id }) => id),
  );
});

t.test('a crash in a merge leaves the sources, one after it the outcome', async (t) => {
  const random = seededRandom(t);
  const dir = temporaryFolder(t);
  const cuts = randomCuts(random, 3);
  const manifest = opened(t, dir);
  for (const cut of cuts) await addCut(manifest, cut);
  const expected = sortedContent(contentOf(cuts));
  const merge = { sources: manifest.live.map(({ id }) => id), windowMs: DAY_MS };
  const { added } = await mergeBlocks(manifest, merge);
  // As if the crash came before the sources were deleted.
  const after = Manifest.open(dir);
  t.same(after.live, added);
  t.same(after.opening.removed, merge.sources);
  t.same(sortedContent(await readAll(after)), expected);
  after.close();
  // As if it came before the record: an unlisted directory beside the sources.
  const other = opened(t);
  for (const cut of cuts) await addCut(other, cut);
  const unlisted = other.blockDir(other.newBlockId());
  const options = { hashKey: KEY, slotWidthMs: SLOT_MS, generations: { min: 1, max: 3 } };
  await writeBlock({ ...options, dir: unlisted, sources: [], series: sorted(cuts[0] ?? []) });
  other.close();
  const reopened = opened(t, join(unlisted, '..', '..'));
  t.notOk(existsSync(unlisted));
  t.same(sortedContent(await readAll(reopened)), expected);
});

t.test('mergeBlocks() of a damaged source fails and names it', async (t) => {
  const random = seededRandom(t);
  const manifest = opened(t);
  for (const cut of randomCuts(random, 2)) await addCut(manifest, cut);
  const [first] = manifest.live;
  const dir = manifest.blockDir(first?.id ?? '');
  rmSync(join(dir, 'CURRENT'));
  const merge = { sources: manifest.live.map(({ id }) => id), windowMs: DAY_MS };
  await t.rejects(mergeBlocks(manifest, merge), { code: 'bad-database', what: new RegExp(dir) });
  t.equal(manifest.live.length, 2);
});
