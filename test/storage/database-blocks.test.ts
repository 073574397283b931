import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@mon/storage/database';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import {
  asBody,
  databaseOptions,
  NOW_MS,
  openFor,
  readAll,
  recordingLog,
  type SeriesEntry,
  sorted,
  temporaryDir,
} from './database-fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WAL_BYTES_MAX = 1024 * 1024;

/** 30 series with one sample each at a time. */
function scrape(timestampMs: number, value = timestampMs / 1000): SeriesEntry[] {
  return Array.from(
    { length: 30 },
    (_, i): SeriesEntry => [
      { __name__: `metric_${i % 3}`, host: `h${i}`, ...(i % 2 ? { le: `${i}` } : {}) },
      [timestampMs, value + i],
    ],
  );
}

for (const shards of [1, 3]) {
  t.test(`flush() moves samples into day directories, ${shards} shards`, async (t) => {
    const dir = temporaryDir(t);
    const database = await openDatabase(databaseOptions(dir, { shards }));
    for (let i = 0; i < 60; i++) await database.append(asBody(scrape(NOW_MS - i * HOUR_MS)));
    const before = sorted(await readAll(database));
    t.equal(before.length, 30);
    t.equal(before[0]?.[1].length, 60);
    await database.flush();
    t.same(sorted(await readAll(database)), before, 'the same samples after the flush');
    const stats = database.stats();
    t.equal(stats.headSamples, 0);
    t.equal(stats.headSeries, 0, 'series without samples left the head');
    t.equal(stats.blocks.length, 3);
    for (const block of stats.blocks) {
      const day = Math.floor(block.minTimeMs / DAY_MS);
      t.equal(Math.floor(block.maxTimeMs / DAY_MS), day, 'a block is within a day');
    }
    t.equal(
      stats.blocks.reduce((sum, block) => sum + block.samples, 0),
      1800,
    );
    t.ok(stats.walBytes < WAL_BYTES_MAX);
    t.same(
      readdirSync(join(dir, 'blocks')).sort(),
      stats.blocks.map(({ id }) => id).sort(),
      'sources are deleted',
    );
    t.same(readdirSync(join(dir, 'wal')), []);
    await database.append(asBody(scrape(NOW_MS + 1000)));
    const after = await readAll(database);
    t.same(after['metric_0{host="h0"}']?.slice(-2), [
      [NOW_MS, NOW_MS / 1000],
      [NOW_MS + 1000, NOW_MS / 1000 + 1],
    ]);
    await database.close();
    const again = await openFor(t, dir, { shards: 4 - shards });
    t.same(sorted(await readAll(again)), sorted(after), 'the same after reopening');
    const [, first] = sorted(await readAll(again, [], { startMs: NOW_MS, endMs: NOW_MS }))[0] ?? [];
    t.same(first, [[NOW_MS, NOW_MS / 1000]]);
  });

  t.test(`late samples and overlapping directories join, ${shards} shards`, async (t) => {
    const dir = temporaryDir(t);
    const clock = new ManualClock(NOW_MS);
    const bounds = { headBytesMax: 1 };
    let database = await openDatabase(databaseOptions(dir, { shards, clock, bounds }));
    const wanted = new Map<number, number>();
    const cutsOf = () => database.stats().cuts;
    for (let i = 0; i < 12; i++) {
      const late = NOW_MS - (i % 4) * 60_000 - (i % 3) * 1000;
      for (const ms of [NOW_MS + i * 1000, late]) {
        await database.append(asBody(scrape(ms, i)));
        // Of a time that a directory has already, the later value is right.
        wanted.set(ms, i);
      }
      if (i === 6) {
        await database.close();
        database = await openDatabase(databaseOptions(dir, { shards, clock, bounds }));
      }
    }
    t.ok(cutsOf() > 0, 'each append started a cut');
    const check = async (what: string) => {
      const found = await readAll(database);
      t.equal(Object.keys(found).length, 30, what);
      const first = found['metric_0{host="h0"}'] ?? [];
      t.same(
        first.map(([ms]) => ms),
        [...wanted.keys()].sort((a, b) => a - b),
        what,
      );
    };
    await check('before the flush');
    await database.flush();
    await check('after the flush');
    t.equal(database.stats().blocks.length, 1);
    await database.close();
  });
}

t.test('a cut is made by the clock, and again after half an hour', async (t) => {
  const clock = new ManualClock(NOW_MS);
  const lines: string[] = [];
  const changes = { clock, log: recordingLog(lines) };
  const database = await openFor(t, temporaryDir(t), changes);
  for (let cut = 1; cut <= 2; cut++) {
    await database.append(asBody(scrape(NOW_MS + cut)));
    t.equal(database.stats().cuts, cut - 1);
    await clock.advance(31 * 60_000);
    while (database.stats().cuts < cut || database.stats().headSamples > 0) {
      await clock.advance(0);
    }
  }
  t.equal((await readAll(database))['metric_0{host="h0"}']?.length, 2);
  t.match(lines.join('\n'), /cut the head into a directory/);
});

t.test('flush() joins, takes in what was appended before it, and may find nothing', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2 });
  await database.flush();
  t.same(database.stats().blocks, []);
  await database.append(asBody(scrape(NOW_MS)));
  const first = database.flush();
  await database.append(asBody(scrape(NOW_MS + 1)));
  const second = database.flush();
  const third = database.flush();
  await Promise.all([first, second, third]);
  t.equal(database.stats().cuts, 3, 'calls during a flush share the next');
  t.equal(database.stats().headSamples, 0);
  t.equal(database.stats().blocks.length, 1);
  t.equal((await readAll(database))['metric_0{host="h0"}']?.length, 2);
});

t.test('readers under way see each sample once through cuts and merges', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2 });
  let appended = 0;
  let isOver = false;
  const cutting = (async () => {
    while (!isOver) {
      await database.flush();
      await database.compact();
    }
  })();
  for (let i = 0; i < 40; i++) {
    await database.append(asBody(scrape(NOW_MS + i)));
    appended++;
    const least = appended;
    for (const [key, samples] of sorted(await readAll(database))) {
      const times = samples.map(([ms]) => ms - NOW_MS);
      const wanted = Array.from({ length: times.length }, (_, k) => k);
      if (times.length < least || JSON.stringify(times) !== JSON.stringify(wanted)) {
        t.fail(`${key} has ${JSON.stringify(times)} of ${least}`);
      }
    }
  }
  isOver = true;
  await cutting;
  t.equal(appended, 40);
});

t.test('a slow reader holds up neither cuts nor merges, and reads on as it began', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2, bounds: { headBytesMax: 1 } });
  const many = (ms: number) =>
    Array.from({ length: 3000 }, (_, i): SeriesEntry => [{ __name__: 'm', i: `${i}` }, [ms, i]]);
  await database.append(asBody(many(NOW_MS)));
  const request = { tenant: tenantId('default'), matchers: [], startMs: 0, endMs: NOW_MS };
  const reader = database.select(request)[Symbol.asyncIterator]();
  const first = await reader.next();
  let series = first.value?.labels.length ?? 0;
  t.ok(series > 0 && series < 3000, 'the reader has read a part');
  for (let i = 1; i <= 12; i++) await database.append(asBody(many(NOW_MS + i)));
  t.ok(database.stats().cuts >= 5, `${database.stats().cuts} cuts beside the reader`);
  for (let next = await reader.next(); !next.done; next = await reader.next()) {
    const batch = next.value;
    series += batch.labels.length;
    t.same(
      batch.timestampColumns.map((column) => [...column]),
      [[NOW_MS]],
    );
  }
  t.equal(series, 3000);
  await database.flush();
  const found = await readAll(database);
  t.equal(Object.keys(found).length, 3000);
  t.equal(found['m{i="7"}']?.length, 13);
});

t.test('close() ends readers that have stopped reading', async (t) => {
  const database = await openDatabase(databaseOptions(temporaryDir(t), { shards: 2 }));
  const entries = Array.from(
    { length: 3000 },
    (_, i): SeriesEntry => [{ __name__: 'm', i: `${i}` }, [NOW_MS, i]],
  );
  await database.append(asBody(entries));
  const request = { tenant: tenantId('default'), matchers: [], startMs: 0, endMs: NOW_MS };
  const reader = database.select(request)[Symbol.asyncIterator]();
  await reader.next();
  const flushed = database.flush().then(
    () => 'done',
    (error) => error.code,
  );
  await database.close();
  t.match(await flushed, /done|closing|job-canceled/);
  await t.rejects(async () => {
    for (let next = await reader.next(); !next.done; next = await reader.next());
  });
});

t.test('applyRetention() removes what has expired, and says so', async (t) => {
  const clock = new ManualClock(NOW_MS);
  const dir = temporaryDir(t);
  const database = await openFor(t, dir, { clock, retentionMs: 10 * DAY_MS });
  for (let day = 0; day < 5; day++) {
    await database.append(asBody(scrape(NOW_MS - day * DAY_MS)));
    await database.flush();
  }
  t.equal(database.stats().blocks.length, 5);
  t.equal((await database.applyRetention()).blocksAfter, 5);
  clock.jumpTo(NOW_MS + 7.5 * DAY_MS);
  const report = await database.applyRetention();
  t.equal(report.job, 'retention');
  t.equal(report.blocksBefore, 5);
  t.equal(report.blocksAfter, 3);
  t.ok(report.bytesAfter < report.bytesBefore);
  t.equal(readdirSync(join(dir, 'blocks')).length, 3);
  t.equal((await readAll(database))['metric_0{host="h0"}']?.length, 3);
});

t.test('compact() merges small directories and can be canceled', async (t) => {
  const database = await openFor(t, temporaryDir(t), { bounds: { headBytesMax: 1 } });
  for (let i = 0; i < 30; i++) {
    const cuts = database.stats().cuts;
    await database.append(asBody(scrape(NOW_MS + (i - 30) * HOUR_MS * 0.1)));
    while (database.stats().cuts === cuts) await new Promise((resolve) => setImmediate(resolve));
  }
  await t.rejects(database.compact(AbortSignal.abort()), { code: 'job-canceled' });
  const report = await database.compact();
  t.equal(report.blocksAfter, database.stats().blocks.length);
  t.ok(report.blocksAfter < 15, `${report.blocksAfter} directories left`);
  t.ok(database.stats().merges > 0);
  t.equal((await readAll(database))['metric_0{host="h0"}']?.length, 30);
});

t.test('metadata questions take in head and directories', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2 });
  const tenant = tenantId('default');
  await database.append(asBody([[{ __name__: 'a', x: '1', old: 'y' }, [NOW_MS - DAY_MS, 1]]]));
  await database.flush();
  await database.append(asBody([[{ __name__: 'a', x: '2' }, [NOW_MS, 1]]]));
  await database.append(asBody([[{ __name__: 'a', x: '1', old: 'y' }, [NOW_MS, 1]]]));
  const ask = { tenant, selectors: [], startMs: 0, endMs: NOW_MS, limit: 0 };
  t.equal((await database.series(ask)).length, 2);
  t.same(await database.labelNames(ask), ['__name__', 'old', 'x']);
  t.same(await database.labelValues('x', ask), ['1', '2']);
  const past = { ...ask, endMs: NOW_MS - 1 };
  t.same(await database.series(past), [['__name__', 'a', 'old', 'y', 'x', '1']]);
  t.same(await database.labelValues('x', past), ['1']);
});

t.test('series that come back after they left the head keep their identity', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 3 });
  for (let round = 0; round < 6; round++) {
    await database.append(asBody(scrape(NOW_MS + round)));
    // Others take the refs that became free.
    await database.append(asBody([[{ __name__: 'other', round: `${round}` }, [NOW_MS, round]]]));
    await database.flush();
    t.equal(database.stats().headSeries, 0);
  }
  const found = await readAll(database);
  t.equal(Object.keys(found).length, 36);
  t.equal(found['metric_0{host="h0"}']?.length, 6);
  t.same(found['other{round="4"}'], [[NOW_MS, 4]]);
});
