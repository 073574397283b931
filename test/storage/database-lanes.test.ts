/**
 * Native histograms and exemplars through a whole database: log, head, cut, merge, replay.
 */
import { openDatabase } from '@mon/storage/database';
import type { AppendColumns } from '@mon/storage/model/appender';
import type { Exemplar } from '@mon/storage/model/exemplar';
import { type NativeHistogram, staleHistogram } from '@mon/storage/model/histogram';
import { entryBytes } from '@mon/storage/model/histogram-run';
import { formatLabels, labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { laneRun, type Queryable, type SelectRequest } from '@mon/storage/model/queryable';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import {
  columnsOf,
  databaseOptions,
  NOW_MS,
  openFor,
  type SeriesEntry,
  temporaryDir,
} from './database-fixture.ts';
import { bytesOf, someHistogram } from './histogram-fixture.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
const NAMED = [{ name: '__name__', kind: '=~' as const, value: '.+' }];

interface LaneSeries {
  readonly series: Readonly<Record<string, string>>;
  readonly histograms?: readonly (readonly [ms: number, NativeHistogram])[];
  readonly exemplars?: readonly Exemplar[];
}

function lanesRequest(all: readonly LaneSeries[], floats: SeriesEntry[] = []): AppendColumns {
  const lanes = all.map(({ series, histograms = [], exemplars = [] }): SeriesLanes => {
    const timed = histograms.map(([timestampMs, histogram]) => ({ timestampMs, histogram }));
    return { pairs: labelsFromRecord(series), histograms: timed, exemplars };
  });
  return { kind: 'columns', tenant: DEFAULT_TENANT, columns: columnsOf(floats), lanes };
}

/** All samples of a database by series: floats as numbers, histograms as hexadecimal bytes. */
async function readBoth(queryable: Queryable, changes: Partial<SelectRequest> = {}) {
  const found: Record<string, (readonly [number, number | string])[]> = {};
  const request = { startMs: -(2 ** 49), endMs: 2 ** 49, histograms: true, ...changes };
  for await (const batch of queryable.select({
    tenant: DEFAULT_TENANT,
    matchers: NAMED,
    ...request,
  })) {
    batch.labels.forEach((labels, i) => {
      const name = formatLabels(labels);
      if (found[name] !== undefined) throw new Error(`${name} came twice`);
      const column = batch.timestampColumns[batch.timestampColumn[i] as number] as Float64Array;
      const from = batch.valueOffsets[i] as number;
      const samples: (readonly [number, number | string])[] = Array.from(column, (ms, k) => [
        ms,
        batch.values[from + k] as number,
      ]);
      if (batch.histograms !== undefined) {
        const run = laneRun(batch.histograms, i);
        run.timestampsMs.forEach((ms, k) => {
          samples.push([ms, Buffer.from(entryBytes(run, k)).toString('hex')]);
        });
      }
      found[name] = samples.sort(([a], [b]) => a - b);
    });
  }
  return found;
}

async function readExemplars(database: Parameters<typeof readBoth>[0] & { exemplars: unknown }) {
  const { exemplars } = database as unknown as {
    exemplars(ask: object): Promise<{ labels: string[]; exemplars: Exemplar[] }[]>;
  };
  const request = { tenant: DEFAULT_TENANT, selectors: [NAMED], limit: 0 };
  const found = await exemplars.call(database, { ...request, startMs: 0, endMs: 2 ** 49 });
  return Object.fromEntries(
    found.map(({ labels, exemplars }) => [
      formatLabels(labels),
      exemplars.map((one) => [one.timestampMs, one.value, ...one.labels]),
    ]),
  );
}

const hex = (histogram: NativeHistogram) => Buffer.from(bytesOf(histogram)).toString('hex');
const at = (i: number) => NOW_MS - DAY_MS + i * MINUTE_MS;
const exemplar = (ms: number, id: string, value = 0.5): Exemplar => {
  return { timestampMs: ms, value, labels: ['trace_id', id] };
};

for (const shards of [1, 3]) {
  t.test(`histograms and exemplars outlive everything, ${shards} shards`, async (t) => {
    const dir = temporaryDir(t);
    let database = await openDatabase(databaseOptions(dir, { shards }));
    const series = Array.from({ length: 20 }, (_, i) => ({ __name__: `h${i % 3}`, host: `${i}` }));
    const expected: Record<string, [number, number | string][]> = {};
    for (let round = 0; round < 12; round++) {
      const outcome = await database.append(
        lanesRequest(
          series.map((one, i) => ({
            series: one,
            histograms: [[at(round * 30), someHistogram(round + i)]],
            exemplars: [exemplar(at(round * 30), `${round}`)],
          })),
          [[{ __name__: 'up' }, [at(round * 30), 1]]],
        ),
      );
      t.match(outcome, { accepted: 21, rejected: 0, histograms: 20, exemplars: 20 });
      for (const [i, one] of series.entries()) {
        const name = formatLabels(labelsFromRecord(one));
        expected[name] ??= [];
        expected[name].push([at(round * 30), hex(someHistogram(round + i))]);
      }
      expected['up'] ??= [];
      expected['up'].push([at(round * 30), 1]);
      if (round === 4) await database.flush();
      if (round === 8) {
        await database.close();
        database = await openDatabase(databaseOptions(dir, { shards: shards === 3 ? 2 : shards }));
      }
    }
    const check = async (when: string) => {
      t.same(await readBoth(database), expected, when);
      const found = await readExemplars(database);
      t.equal(Object.keys(found).length, 20);
      t.ok(
        Object.values(found).every((list) => list.length === 12),
        `exemplars ${when}`,
      );
      t.same(found['h1{host="1"}']?.[7], [at(210), 0.5, 'trace_id', '7']);
    };
    await check('from head, log and directory');
    await database.flush();
    await check('from directories');
    const stats = database.stats();
    t.equal(stats.headSamples, 0);
    t.equal(
      stats.blocks.reduce((sum, block) => sum + block.samples, 0),
      21 * 12,
    );
    const part = await readBoth(database, { startMs: at(100), endMs: at(300) });
    t.equal(part['h1{host="1"}']?.length, 7);
    const floats = await readBoth(database, { histograms: false });
    t.same(Object.keys(floats), ['up'], 'who does not ask gets no histograms');
    await database.close();
    database = await openDatabase(databaseOptions(dir, { shards }));
    await check('after another start');
    await database.close();
  });
}

t.test('append() keeps one sample at a time, of whichever kind came first', async (t) => {
  const database = await openFor(t, temporaryDir(t));
  const series = { __name__: 'h' };
  const histogram = someHistogram();
  await database.append(lanesRequest([{ series, histograms: [[at(1), histogram]] }]));
  const again = await database.append(lanesRequest([{ series, histograms: [[at(1), histogram]] }]));
  t.match(again, { accepted: 1, rejected: 0 }, 'the same once more is no fault');
  const other = lanesRequest([{ series, histograms: [[at(1), someHistogram(5)]] }]);
  t.match(await database.append(other), {
    accepted: 0,
    rejected: 1,
    rejections: [{ index: 0, code: 'duplicate-timestamp' }],
  });
  const float = lanesRequest([], [[series, [at(0), 1], [at(1), 2], [at(2), 3]]]);
  t.match(await database.append(float), {
    accepted: 2,
    rejected: 1,
    rejections: [{ index: 1, code: 'duplicate-timestamp' }],
  });
  const late = lanesRequest([
    {
      series,
      histograms: [
        [at(2), histogram],
        [at(3), staleHistogram()],
        [at(0.5), histogram],
      ],
    },
  ]);
  t.match(await database.append(late), {
    accepted: 2,
    rejected: 1,
    rejections: [{ index: 0, code: 'duplicate-timestamp' }],
  });
  const expected = {
    h: [
      [at(0), 1],
      [at(0.5), hex(histogram)],
      [at(1), hex(histogram)],
      [at(2), 3],
      [at(3), hex(staleHistogram())],
    ],
  };
  t.same(await readBoth(database), expected);
  await database.flush();
  t.same(await readBoth(database), expected);
});

t.test('append() rejects histograms that are not right, and says why', async (t) => {
  const clock = new ManualClock(NOW_MS);
  const database = await openFor(t, temporaryDir(t), { clock, retentionMs: 2 * DAY_MS });
  const series = { __name__: 'h', job: 'x' };
  const outcome = await database.append(
    lanesRequest(
      [
        {
          series,
          histograms: [
            [at(0), { ...someHistogram(), count: 1 }],
            [at(-3 * 1440), someHistogram()],
            [NOW_MS + DAY_MS, someHistogram()],
            [at(0), someHistogram()],
          ],
        },
        { series: { job: 'x' }, histograms: [[at(0), someHistogram()]] },
      ],
      [[{ __name__: 'up' }, [at(0), 1]]],
    ),
  );
  t.match(outcome, { accepted: 2, rejected: 4, histograms: 1 });
  t.same(
    outcome.rejections.map(({ index, code }) => [index, code]),
    [
      [1, 'bad-histogram'],
      [2, 'too-old'],
      [3, 'too-far-ahead'],
      [5, 'bad-label'],
    ],
  );
  t.match(outcome.rejections[0]?.reason, /h\{job="x"\}: its buckets hold 10 observations/);
});

t.test('append() treats exemplars as Prometheus does', async (t) => {
  const database = await openFor(t, temporaryDir(t));
  const series = { __name__: 'h' };
  const append = async (...exemplars: Exemplar[]) =>
    (await database.append(lanesRequest([{ series, exemplars }]))).exemplars;
  t.equal(await append(exemplar(at(1), 'a'), exemplar(at(2), 'b')), 2);
  t.equal(await append(exemplar(at(2), 'b')), 0, 'the newest once more');
  t.equal(await append(exemplar(at(1), 'c')), 0, 'out of order');
  t.equal(await append(exemplar(at(2), 'b', 0.7)), 1, 'another value at the same time');
  t.equal(await append(exemplar(at(3), 'x'.repeat(130))), 0, 'labels too long');
  t.equal(await append({ timestampMs: at(4), value: 1, labels: [] }), 1, 'without labels');
  const expected = {
    h: [
      [at(1), 0.5, 'trace_id', 'a'],
      [at(2), 0.5, 'trace_id', 'b'],
      [at(2), 0.7, 'trace_id', 'b'],
      [at(4), 1],
    ],
  };
  t.same(await readExemplars(database), expected);
  await database.flush();
  t.same(await readExemplars(database), expected, 'of a series that has no samples at all');
});

t.test('applyRetention() lets histograms expire with their directory', async (t) => {
  const clock = new ManualClock(NOW_MS);
  const database = await openFor(t, temporaryDir(t), { clock, retentionMs: 2 * DAY_MS });
  const histograms = [[at(0), someHistogram()]] as const;
  await database.append(
    lanesRequest([{ series: { __name__: 'h' }, histograms, exemplars: [exemplar(at(0), 'a')] }]),
  );
  await database.flush();
  t.equal(Object.keys(await readBoth(database)).length, 1);
  clock.jumpTo(NOW_MS + 3 * DAY_MS);
  await database.applyRetention();
  t.same(await readBoth(database), {});
  t.same(await readExemplars(database), {});
});
