import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { writeBlock } from '@mon/storage/block/block-writer';
import { seriesFingerprint } from '@mon/storage/index/series-hash';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { tenantId } from '@mon/storage/model/tenant';
import t, { type Test } from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';
import {
  answerOf,
  bitText,
  collect,
  everything,
  HOUR_MS,
  KEY,
  naiveAnswer,
  openedBlock,
  randomSeries,
  SLOT_MS,
  START_MS,
  seriesOf,
  sorted,
  temporaryFolder,
  times,
} from './block-fixture.ts';

/** Writes the series and compares all that comes back, in order. */
async function roundTrip(t: Test, series: readonly BlockSeries[], slotWidthMs = SLOT_MS) {
  const block = await openedBlock(t, series, { slotWidthMs });
  const back = await collect(block.allSeries());
  const expected = sorted(series);
  t.equal(back.length, expected.length);
  expected.forEach((one, i) => {
    const found = back[i] as BlockSeries;
    const isSame =
      found.tenant === one.tenant &&
      found.labels.join('\0') === one.labels.join('\0') &&
      found.shardHash === one.shardHash &&
      found.timestampsMs.join() === one.timestampsMs.join() &&
      bitText(found.values) === bitText(one.values);
    if (!isSame) t.fail(`series ${i} of ${expected.length}: ${one.labels.join(' ')}`);
  });
  const verification = await block.verify();
  t.same(
    verification.problems.map((problem) => problem.message),
    [],
  );
  t.equal(verification.samples, block.header.samples);
  return block;
}

t.test('a block gives back many tenants, histograms and churned series', async (t) => {
  const random = seededRandom(t);
  for (const slotWidthMs of [SLOT_MS, 600_000, 24 * HOUR_MS]) {
    await roundTrip(t, randomSeries(random, 40), slotWidthMs);
  }
});

t.test('a block gives back histograms of any width, each bucket by itself too', async (t) => {
  const random = seededRandom(t);
  const series: BlockSeries[] = [];
  for (const buckets of [3, 17, 60, 64, 65, 100, 200]) {
    const stamps = times(START_MS, 600);
    // A bucket that comes late or leaves early breaks the chain of those that share timestamps.
    const short = times(START_MS, 300 + random.below(100));
    const totals = new Float64Array(600);
    for (let le = 1; le <= buckets; le++) {
      for (let i = 0, below = 0; i < 600; i++) {
        below += random.below(3);
        totals[i] = (totals[i] as number) + below;
      }
      const stampsOfBucket = random.next() < 0.05 ? short : stamps;
      const values = totals.slice(0, stampsOfBucket.length);
      if (random.next() < 0.1) setStaleAt(bitsOf(values), values.length - 1);
      const record = { __name__: 'h_bucket', job: `${buckets}`, le: `${le}` };
      series.push(seriesOf(record, stampsOfBucket, values));
    }
  }
  const block = await roundTrip(t, series);
  for (let round = 0; round < 30; round++) {
    const { labels } = random.pick(series);
    const matchers = ['job', 'le'].map((name) => {
      return { name, kind: '=' as const, value: labels[labels.indexOf(name) + 1] as string };
    });
    const startMs = START_MS + random.below(600 * 15_000);
    const selection = everything({ matchers, startMs, endMs: startMs + random.below(HOUR_MS) });
    t.same(await answerOf(block, selection), naiveAnswer(series, selection));
  }
});

t.test('a block gives back timestamps of any age', async (t) => {
  const ages = [-(2 ** 53), -HOUR_MS, -1, 0, 1, START_MS, 2 ** 53 - 10 * 15_000];
  await roundTrip(
    t,
    ages.map((at, i) => seriesOf({ __name__: 'age', i: `${i}` }, times(at, 10), (k) => k)),
  );
  const spread = Float64Array.from([...ages, 2 ** 53]);
  const block = await roundTrip(t, [seriesOf({ __name__: 'spread' }, spread, (i) => i)]);
  t.equal(block.header.minTimeMs, -(2 ** 53));
  t.equal(block.header.maxTimeMs, 2 ** 53);
  t.equal(block.header.slots.length, 5);
  const answer = await answerOf(block, everything({ startMs: -1, endMs: 0 }));
  t.match([...answer.values()][0], /^-1,0 /);
});

t.test('a block gives back NaNs, staleness markers and one single sample', async (t) => {
  const values = new Float64Array(500).fill(4);
  setStaleAt(bitsOf(values), 499);
  values[3] = -0;
  values[9] = Number.NEGATIVE_INFINITY;
  await roundTrip(t, [
    seriesOf({ __name__: 'a' }, times(START_MS, 500), values),
    seriesOf({ __name__: 'b' }, times(START_MS, 1), () => Number.NaN),
    seriesOf({ z: 'no metric' }, times(START_MS, 2), () => 7),
  ]);
});

t.test('a block gives back odd labels', async (t) => {
  const record = (name: string, value: string) =>
    seriesOf({ __name__: 'odd', [name]: value }, times(START_MS, 3), (i) => i);
  await roundTrip(t, [
    record('ä', 'ö'),
    record('Z', '\u{1f600}'),
    record('Z', '\uffff'),
    record('long', 'x'.repeat(70_000)),
    record('long', `${'x'.repeat(70_000)}y`),
    record('empty-ish', ' '),
    ...Array.from({ length: 700 }, (_, i) => record('many', `${i}`)),
    seriesOf(
      Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`label_${i}`, `${i}`])),
      times(START_MS, 3),
      (i) => i,
    ),
  ]);
});

t.test('timestamp columns of one scrape are stored once and come back as one array', async (t) => {
  const random = seededRandom(t);
  const jittered = (seed: number) => {
    const stamps = times(START_MS + seed, 1000);
    for (let i = 0; i < 1000; i++) stamps[i] = (stamps[i] as number) + random.below(6);
    return stamps;
  };
  const targets = [jittered(0), jittered(7000)];
  const series = targets.flatMap((stamps, target) =>
    Array.from({ length: 50 }, (_, i) =>
      // Half of them as the same instance, half as equal content.
      seriesOf(
        { __name__: `metric_${i}`, target: `${target}` },
        i % 2 === 0 ? stamps : stamps.slice(),
        (k) => k,
      ),
    ),
  );
  const block = await openedBlock(t, series);
  t.same([...block.header.slotColumns], [2, 2, 2], 'two columns in each of the slots');
  const columns = new Set<Float64Array>();
  for await (const batch of block.select(everything())) {
    t.equal(batch.labels.length, 100);
    for (const column of batch.timestampColumns) columns.add(column);
  }
  t.equal(columns.size, 2);
});

t.test('select() carries the fingerprints of the series', async (t) => {
  const tenant = tenantId('a');
  const series = seriesOf({ __name__: 'up', host: 'x' }, times(START_MS, 3), () => 1, tenant);
  const block = await openedBlock(t, [series]);
  for await (const batch of block.select(everything({ tenant }))) {
    t.same([...batch.fingerprints], [...seriesFingerprint(KEY, tenant, series.labels)]);
  }
});

t.test('groups keep histograms whole and tenants apart', async (t) => {
  const stamps = times(START_MS, 2);
  const histogram = (name: string, buckets: number) =>
    Array.from({ length: buckets }, (_, b) =>
      seriesOf({ __name__: 'h_bucket', name, le: `${b}` }, stamps, () => b),
    );
  const single = (n: number) => seriesOf({ __name__: 'g', n: `${n}`.padStart(3) }, stamps, () => n);
  const series = [
    ...Array.from({ length: 21 }, (_, n) => single(n)),
    ...histogram('a', 12),
    ...histogram('b', 12),
    ...histogram('c', 40),
    ...histogram('d', 64),
    ...histogram('e', 70),
    seriesOf({ __name__: 'up' }, stamps, () => 1, tenantId('other')),
  ];
  const block = await roundTrip(t, series);
  // 16, 5 with a; b; c; d; 64 of e; 6 of e; the other tenant.
  t.equal(block.header.groups, 8);
});

t.test('header and summary say what is in the block', async (t) => {
  const dir = join(temporaryFolder(t), '00000007');
  const series = [
    seriesOf({ __name__: 'a' }, times(START_MS, 480), () => 1),
    seriesOf({ __name__: 'b' }, times(START_MS + 5, 20), () => 1),
  ];
  const generations = { min: 3, max: 9 };
  const summary = await writeBlock({
    dir,
    hashKey: KEY,
    slotWidthMs: SLOT_MS,
    generations,
    sources: ['00000002', '00000005'],
    series,
  });
  t.match(summary, {
    minTimeMs: START_MS,
    maxTimeMs: START_MS + 479 * 15_000,
    series: 2,
    samples: 500,
    generations,
  });
  t.ok(summary !== undefined && summary.bytes > 500);
});

t.test('writeBlock() of nothing leaves nothing', async (t) => {
  const dir = join(temporaryFolder(t), '00000001');
  const options = { dir, hashKey: KEY, slotWidthMs: SLOT_MS, generations: { min: 1, max: 1 } };
  t.equal(await writeBlock({ ...options, sources: [], series: [] }), undefined);
  t.notOk(existsSync(dir));
});

t.test('writeBlock() that fails or is stopped leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const options = {
    dir: join(folder, '00000001'),
    hashKey: KEY,
    slotWidthMs: SLOT_MS,
    generations: { min: 1, max: 1 },
    sources: [],
  };
  const one = seriesOf({ __name__: 'a' }, times(START_MS, 5), () => 1);
  await t.rejects(writeBlock({ ...options, series: [one, one] }), /not in order/);
  const controller = new AbortController();
  const series = (function* () {
    yield one;
    controller.abort(new Error('enough'));
    yield seriesOf({ __name__: 'b' }, times(START_MS, 5), () => 1);
  })();
  const { signal } = controller;
  await t.rejects(writeBlock({ ...options, series, signal }), { message: 'enough' });
  t.same(readdirSync(folder), []);
});

t.test('a selection of a block equals a naive one, whatever the shard', async (t) => {
  const random = seededRandom(t);
  const series = randomSeries(random, 30);
  const block = await openedBlock(t, series);
  for (let round = 0; round < 40; round++) {
    const count = 1 + random.below(3);
    const startMs = START_MS - 21 * HOUR_MS + random.below(24 * HOUR_MS);
    const selection = everything({
      tenant: tenantId(random.pick(['default', 'a', 'team-b', 'nobody'])),
      startMs,
      endMs: startMs + random.below(10 * HOUR_MS),
      shard: { index: random.below(count), count },
      matchers: random.next() < 0.5 ? [] : [{ kind: '=', name: '__name__', value: 'cpu' }],
    });
    t.same(await answerOf(block, selection), naiveAnswer(series, selection), `round ${round}`);
  }
});
