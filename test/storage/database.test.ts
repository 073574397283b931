import { openDatabase } from '@mon/storage/database';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { tenantId } from '@mon/storage/model/tenant';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import { packSnappy } from '@mon/storage/protocol/snappy';
import t from 'tap';
import {
  asBody,
  asColumns,
  columnsOf,
  databaseOptions,
  NOW_MS,
  openFor,
  readAll,
  type SeriesEntry,
  sorted,
  temporaryDir,
} from './database-fixture.ts';

const HOSTS = Array.from({ length: 40 }, (_, i) => `host-${i}`);

/** One scrape of all hosts. */
function scrape(step: number): SeriesEntry[] {
  return HOSTS.flatMap((host, i): SeriesEntry[] => [
    [{ __name__: 'up', host }, [NOW_MS + step * 1000, i + step]],
    [{ __name__: 'bucket', host, le: '1' }, [NOW_MS + step * 1000, i]],
    [{ __name__: 'bucket', host, le: '+Inf' }, [NOW_MS + step * 1000, -i]],
  ]);
}

function expected(steps: number): [string, [number, number][]][] {
  const found: Record<string, [number, number][]> = {};
  for (let step = 0; step < steps; step++) {
    for (const [{ __name__, host, le }, ...samples] of scrape(step)) {
      const key = le ? `${__name__}{host="${host}", le="${le}"}` : `${__name__}{host="${host}"}`;
      found[key] ??= [];
      found[key].push(...(samples as [number, number][]));
    }
  }
  return sorted(found);
}

for (const shards of [1, 3]) {
  t.test(`a database of ${shards} shards gives back what was appended`, async (t) => {
    const database = await openFor(t, temporaryDir(t), { shards });
    for (let step = 0; step < 5; step++) {
      const request = step % 2 === 0 ? asBody(scrape(step)) : asColumns(scrape(step));
      const outcome = await database.append(request);
      t.same(outcome, { accepted: 120, rejected: 0, rejections: [], metadata: [] });
      t.same(sorted(await readAll(database)), expected(step + 1), 'visible to the next select');
    }
    const up = { kind: '=', name: '__name__', value: 'up' } as const;
    const hosts = { kind: '=~', name: 'host', value: 'host-1.?' } as const;
    t.equal(Object.keys(await readAll(database, [up, hosts])).length, 11);
    const window = { startMs: NOW_MS + 1000, endMs: NOW_MS + 2000 };
    const inWindow = await readAll(database, [up], window);
    t.same(inWindow['up{host="host-7"}'], [
      [NOW_MS + 1000, 8],
      [NOW_MS + 2000, 9],
    ]);
    const stats = database.stats();
    t.equal(stats.headSeries, 120);
    t.equal(stats.headSamples, 600);
    t.equal(stats.headMinTimeMs, NOW_MS);
    t.equal(stats.headMaxTimeMs, NOW_MS + 4000);
    t.equal(stats.samplesAppended, 600);
  });

  t.test(`series(), labelNames(), labelValues() of ${shards} shards`, async (t) => {
    const database = await openFor(t, temporaryDir(t), { shards });
    await database.append(asBody(scrape(0)));
    await database.append(asBody([[{ __name__: 'old', host: 'x' }, [NOW_MS - 1e6, 1]]]));
    const matchers = [{ kind: '=', name: '__name__', value: 'bucket' } as const];
    const ask = {
      tenant: tenantId('default'),
      selectors: [matchers],
      startMs: NOW_MS,
      endMs: NOW_MS,
      limit: 0,
    };
    t.equal((await database.series(ask)).length, 80);
    t.equal((await database.series({ ...ask, limit: 7 })).length, 7);
    t.equal((await database.series({ ...ask, selectors: [] })).length, 120);
    t.equal((await database.series({ ...ask, selectors: [matchers, matchers] })).length, 80);
    t.same(await database.labelNames(ask), ['__name__', 'host', 'le']);
    t.same(await database.labelNames({ ...ask, limit: 2 }), ['__name__', 'host']);
    t.same(await database.labelValues('le', ask), ['+Inf', '1']);
    t.same(await database.labelValues('host', { ...ask, selectors: [] }), [...HOSTS].sort());
    t.same(await database.labelValues('no', ask), []);
    t.same(await database.series({ ...ask, tenant: tenantId('other') }), []);
  });
}

t.test('what was acknowledged is there after reopening, with any number of shards', async (t) => {
  const dir = temporaryDir(t);
  let steps = 0;
  for (const shards of [1, 3, 2, 1, 3]) {
    const fsync = shards === 3 ? ({ intervalMs: 20 } as const) : 'always';
    const database = await openDatabase(databaseOptions(dir, { shards, fsync }));
    t.same(sorted(await readAll(database)), expected(steps), `${shards} shards`);
    await database.append(asBody(scrape(steps++)));
    await database.append(asBody(scrape(steps++)));
    t.same(sorted(await readAll(database)), expected(steps), `${shards} shards, appended`);
    await database.close();
  }
});

t.test('append() rejects single samples by index and keeps the rest', async (t) => {
  for (const shards of [1, 3]) {
    const changes = { shards, retentionMs: 3_600_000 };
    const database = await openFor(t, temporaryDir(t), changes);
    await database.append(asBody([[{ __name__: 'a' }, [NOW_MS, 1]]]));
    const entries: SeriesEntry[] = [
      [{ __name__: 'a' }, [NOW_MS, 2], [NOW_MS + 1, 3], [NOW_MS - 3_600_001, 0]],
      [{ job: 'no name' }, [NOW_MS, 1], [NOW_MS + 1, 1]],
      [{ __name__: 'b' }, [NOW_MS + 600_001, 1], [NOW_MS + 600_000, 2], [NOW_MS - 3_600_000, 3]],
      [{ __name__: 'c', long: 'x'.repeat(3000) }, [NOW_MS, 1]],
      [{ __name__: 'd' }, [NOW_MS, 1], [NOW_MS, 1], [NOW_MS, 2]],
    ];
    for (const request of [asBody(entries), asColumns(entries)]) {
      const outcome = await database.append(request);
      t.same(
        outcome.rejections.map(({ index, code }) => `${index} ${code}`),
        [
          '0 duplicate-timestamp',
          '2 too-old',
          '3 bad-label',
          '4 bad-label',
          '5 too-far-ahead',
          '8 label-limit',
          '11 duplicate-timestamp',
        ],
      );
      t.equal(outcome.accepted, 5);
      t.equal(outcome.rejected, 7);
    }
    t.same(await readAll(database), {
      a: [
        [NOW_MS, 1],
        [NOW_MS + 1, 3],
      ],
      b: [
        [NOW_MS - 3_600_000, 3],
        [NOW_MS + 600_000, 2],
      ],
      d: [[NOW_MS, 1]],
    });
  }
});

t.test('append() takes samples of any age and order where nothing expires', async (t) => {
  const dir = temporaryDir(t);
  const samples = [0, 5, -5, NOW_MS, -(2 ** 48), 7, 6].map((ms) => [ms, ms / 2] as const);
  const wanted = [...samples].sort(([a], [b]) => a - b);
  const database = await openDatabase(databaseOptions(dir));
  for (const sample of samples) await database.append(asBody([[{ __name__: 'm' }, sample]]));
  t.same(await readAll(database), { m: wanted });
  const late = await database.append(asBody([[{ __name__: 'm' }, [6, 1], [7, 3.5]]]));
  t.same(
    late.rejections.map(({ index, code }) => [index, code]),
    [[0, 'duplicate-timestamp']],
  );
  await database.close();
  const again = await openFor(t, dir, { shards: 2 });
  t.same(await readAll(again), { m: wanted });
  const bad = asColumns([[{ __name__: 'm' }, [0.5, 1], [Number.NaN, 1], [2 ** 52, 1], [99, 1]]]);
  const outcome = await again.append(bad);
  t.same(
    outcome.rejections.map(({ index, code }) => `${index} ${code}`),
    ['0 bad-timestamp', '1 bad-timestamp', '2 too-far-ahead'],
  );
});

t.test('tenants do not see each other', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2 });
  const [a, b] = [tenantId('a'), tenantId('b')];
  await database.append(asBody([[{ __name__: 'm', of: 'a' }, [1, 1]]], a));
  await database.append(asBody([[{ __name__: 'm', of: 'b' }, [1, 2]]], b));
  await database.append(asBody([[{ __name__: 'm' }, [1, 3]]], a));
  await database.append(asBody([[{ __name__: 'm' }, [1, 4]]], b));
  t.same(await readAll(database, [], { tenant: a }), { 'm{of="a"}': [[1, 1]], m: [[1, 3]] });
  t.same(await readAll(database, [], { tenant: b }), { 'm{of="b"}': [[1, 2]], m: [[1, 4]] });
  t.same(await readAll(database, []), {});
});

t.test('label order in a body does not matter, staleness markers keep their bits', async (t) => {
  const dir = temporaryDir(t);
  const database = await openDatabase(databaseOptions(dir, { shards: 3 }));
  const columns = columnsOf([[{ __name__: 'm', a: '1', b: '2' }, [10, 0]]]);
  setStaleAt(bitsOf(columns.values), 0);
  const shuffled = [['b', '2', '__name__', 'm', 'empty', '', 'a', '1']];
  const later = { ...columns, labels: shuffled, timestampsMs: Float64Array.of(20) };
  const tenant = tenantId('default');
  for (const sent of [columns, later]) {
    const body = encodeRemoteWrite(sent);
    await database.append({ kind: 'body', tenant, format: 'remote-write-1', body });
  }
  const bits = async (from: typeof database) => {
    for await (const batch of from.select({ tenant, matchers: [], startMs: 0, endMs: 99 })) {
      return [batch.labels, [...bitsOf(batch.values)]];
    }
    return [];
  };
  const wanted = [[['__name__', 'm', 'a', '1', 'b', '2']], [2, 0x7ff00000, 2, 0x7ff00000]];
  t.same(await bits(database), wanted);
  await database.close();
  t.same(await bits(await openFor(t, dir, { shards: 2 })), wanted);
});

t.test('append() refuses a malformed body whole', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 2 });
  const tenant = tenantId('default');
  const format = 'remote-write-1';
  const good = Buffer.from(
    '0a1e0a0e0a085f5f6e616d655f5f12027570120c09000000000000f03f10e807',
    'hex',
  );
  const bad = [
    Buffer.from('no snappy'),
    packSnappy(good.subarray(0, 20)),
    packSnappy(Buffer.concat([good, Buffer.from('0a080a020aff12021005', 'hex')])),
  ];
  for (const packed of bad) {
    const body = new Uint8Array(packed);
    await t.rejects(database.append({ kind: 'body', tenant, format, body }), { code: 'bad-body' });
  }
  t.same(await readAll(database), {});
  await database.append({ kind: 'body', tenant, format, body: packSnappy(good) });
  t.same(await readAll(database), { up: [[1000, 1]] });
});

t.test('select() stops at its limit and when canceled', async (t) => {
  const database = await openFor(t, temporaryDir(t), { shards: 3 });
  await database.append(asBody(scrape(0)));
  await t.rejects(readAll(database, [], { samplesMax: 119 }), { code: 'query-limit' });
  t.equal(Object.keys(await readAll(database, [], { samplesMax: 120 })).length, 120);
  await t.rejects(readAll(database, [], { signal: AbortSignal.abort() }), {
    code: 'query-canceled',
  });
  const regex = { kind: '=~', name: 'a', value: '(' } as const;
  await t.rejects(readAll(database, [regex]), { code: 'bad-regex' });
});

t.test('append() refuses more than may be under way', async (t) => {
  const database = await openFor(t, temporaryDir(t), { bounds: { appendsMax: 2 } });
  const appends = [0, 1, 2].map((step) => database.append(asBody(scrape(step))));
  t.equal(database.stats().appendsUnderWay, 2);
  const settled = await Promise.allSettled(appends);
  t.same(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
  await t.rejects(appends[2] as Promise<unknown>, { code: 'overloaded', retryable: true });
  t.equal((await database.append(asBody(scrape(3)))).accepted, 120);
  t.equal(database.stats().appendsUnderWay, 0);
});

t.test('a second opening is refused with who holds the directory', async (t) => {
  const dir = temporaryDir(t);
  const database = await openDatabase(databaseOptions(dir));
  const wanted = { code: 'data-dir-locked', why: new RegExp(`process ${process.pid} on `) };
  await t.rejects(openDatabase(databaseOptions(dir)), wanted);
  await database.close();
  await t.rejects(database.append(asBody(scrape(0))), { code: 'closing' });
  await openFor(t, dir);
});

t.test('openDatabase() says what is wrong with a directory', async (t) => {
  await t.rejects(openDatabase(databaseOptions('/proc/mon')), { code: 'data-dir-unusable' });
});
