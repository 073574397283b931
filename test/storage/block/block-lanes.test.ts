/**
 * Native histograms and exemplars in one block: read back, verified, damage told.
 */
import { BEYOND_KEYS, KIND, parseKey } from '@mon/storage/block/block-key';
import { BlockReader } from '@mon/storage/block/block-reader';
import { ALL_SHARDS } from '@mon/storage/block/block-selection';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { LevelDatabase } from '@mon/storage/kv/level-database';
import { laneRun } from '@mon/storage/model/queryable';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t, { type Test } from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';
import { randomHistogram, runOf } from '../histogram-fixture.ts';
import { collect, openedBlock, START_MS, seriesOf, sorted, times } from './block-fixture.ts';

const NONE = new Float64Array(0);
const EVER = { startMs: -(2 ** 49), endMs: 2 ** 49 };

function laneSeries(t: Test, most = 300): BlockSeries[] {
  const random = seededRandom(t);
  return sorted(
    Array.from({ length: 40 }, (_, i): BlockSeries => {
      const isFloat = i % 3 === 0;
      const series = seriesOf(
        { __name__: `m_${i % 4}`, host: `h${i}` },
        isFloat ? times(START_MS, 700) : NONE,
        (k) => k,
      );
      const entries = Array.from(
        times(START_MS + 7, 1 + random.below(most)),
        (ms) => [ms, randomHistogram(random)] as const,
      );
      const exemplars = Array.from({ length: i % 5 }, (_, k) => ({
        labels: ['trace_id', `${i}-${k}`],
        value: random.next(),
        timestampMs: START_MS + k * 3_600_000,
      }));
      return {
        ...series,
        ...(i % 7 === 6 ? {} : { histograms: runOf(entries) }),
        ...(exemplars.length === 0 ? {} : { exemplars }),
      };
    }),
  ).filter(({ timestampsMs, histograms, exemplars }) =>
    [timestampsMs.length, histograms, exemplars].some(Boolean),
  );
}

t.test('a block gives histograms and exemplars back as they were', async (t) => {
  const series = laneSeries(t);
  const block = await openedBlock(t, series);
  const all = await collect(block.allSeries());
  t.equal(all.length, series.length);
  all.forEach((found, i) => {
    const wanted = series[i] as BlockSeries;
    t.same(found.labels, wanted.labels);
    t.same(found.timestampsMs, wanted.timestampsMs);
    t.same(found.exemplars, wanted.exemplars);
    t.same(found.histograms?.timestampsMs, wanted.histograms?.timestampsMs);
    t.same(found.histograms?.byteOffsets, wanted.histograms?.byteOffsets);
    t.same(found.histograms?.bytes, wanted.histograms?.bytes);
  });
  const { problems, samples } = await block.verify();
  t.same(problems, []);
  t.equal(samples, block.header.samples);
  await block.close();
});

t.test('select() gives histograms to those who ask, within the time', async (t) => {
  const series = laneSeries(t);
  const block = await openedBlock(t, series);
  const selection = { tenant: DEFAULT_TENANT, matchers: [], shard: ALL_SHARDS, ...EVER };
  const plain = await collect(block.select(selection));
  t.ok(plain.every((batch) => batch.histograms === undefined));
  const floats = series.filter(({ timestampsMs }) => timestampsMs.length > 0);
  t.equal(plain.flatMap(({ labels }) => labels).length, floats.length);
  const range = { startMs: START_MS + 100_000, endMs: START_MS + 9_000_000 };
  const found = await collect(block.select({ ...selection, ...range, histograms: true }));
  let count = 0;
  for (const { histograms, labels } of found) {
    if (histograms === undefined) continue;
    labels.forEach((one, i) => {
      const { timestampsMs } = laneRun(histograms, i);
      const wanted = series.find((other) => other.labels.join() === one.join())?.histograms;
      const within = wanted?.timestampsMs.filter((ms) => ms >= range.startMs && ms <= range.endMs);
      t.same(timestampsMs, within ?? NONE);
      count += timestampsMs.length;
    });
  }
  t.ok(count > 300);
  const exemplars = await collect(block.exemplars({ ...selection, ...range }));
  t.ok(exemplars.length > 0);
  await block.close();
});

t.test('damage to histograms and exemplars is found and named', async (t) => {
  const random = seededRandom(t);
  const block = await openedBlock(t, laneSeries(t, 30));
  const { dir } = block;
  await block.close();
  const kinds = [KIND.histograms, KIND.exemplars];
  for (let round = 0; round < 10; round++) {
    const database = await LevelDatabase.open(dir);
    const entries: [Uint8Array, Uint8Array][] = [];
    for await (const page of database.pages({ gte: new Uint8Array(0), lt: BEYOND_KEYS })) {
      for (const [key, value] of page) {
        if (kinds.some((kind) => kind === key[0])) entries.push([key, Uint8Array.from(value)]);
      }
    }
    const [key, value] = random.pick(entries);
    const isLost = random.below(5) === 0;
    const changed = value.slice();
    const at = random.below(changed.length);
    changed[at] = (changed[at] as number) ^ (1 << random.below(8));
    const put = { type: 'put' as const, key, value: changed };
    await database.write([isLost ? { type: 'del', key } : put], 'buffered');
    await database.close();
    const reader = await BlockReader.open(dir);
    const { problems } = await reader.verify();
    t.ok(problems.length > 0, JSON.stringify(parseKey(key)));
    await t.rejects(collect(reader.allSeries()), { code: 'corrupt-block' });
    await reader.close();
    const mending = await LevelDatabase.open(dir);
    await mending.write([{ type: 'put', key, value }], 'buffered');
    await mending.close();
  }
});
