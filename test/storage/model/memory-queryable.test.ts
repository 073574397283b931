import { labelsFromRecord } from '@mon/storage/model/labels';
import { MemoryQueryable } from '@mon/storage/model/memory-queryable';
import { laneRun, type SeriesBatch } from '@mon/storage/model/queryable';
import { bitsOf, isStaleAt, setStaleAt } from '@mon/storage/model/sample';
import { DEFAULT_TENANT, tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { runOf, someHistogram } from '../histogram-fixture.ts';

const EVERYTHING = { tenant: DEFAULT_TENANT, startMs: 0, endMs: 1e9 };

function columnsOf(record: Record<string, string>, samples: [number, number][]) {
  return {
    labels: [labelsFromRecord(record)],
    sampleOffsets: Uint32Array.of(0, samples.length),
    timestampsMs: Float64Array.from(samples, ([ms]) => ms),
    values: Float64Array.from(samples, ([, value]) => value),
  };
}

async function collect(batches: AsyncIterable<SeriesBatch>): Promise<SeriesBatch[]> {
  const list: SeriesBatch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

t.test('select() gives the samples between start and end, both included', async (t) => {
  const memory = new MemoryQueryable();
  memory.add(
    DEFAULT_TENANT,
    columnsOf({ __name__: 'up' }, [
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ]),
  );
  const [batch] = await collect(
    memory.select({ ...EVERYTHING, matchers: [], startMs: 2, endMs: 3 }),
  );
  t.same([...(batch?.timestampColumns[0] ?? [])], [2, 3]);
  t.same([...(batch?.values ?? [])], [20, 30]);
});

t.test('select() shares a timestamp column between series sampled together', async (t) => {
  const memory = new MemoryQueryable(2);
  for (const host of ['a', 'b', 'c']) {
    memory.add(
      DEFAULT_TENANT,
      columnsOf({ __name__: 'up', host }, [
        [1, 1],
        [2, 1],
      ]),
    );
  }
  const batches = await collect(memory.select({ ...EVERYTHING, matchers: [] }));
  t.same(
    batches.map((batch) => batch.labels.length),
    [2, 1],
  );
  t.equal(batches[0]?.timestampColumns.length, 1);
  t.same([...(batches[0]?.timestampColumn ?? [])], [0, 0]);
  t.same([...(batches[0]?.valueOffsets ?? [])], [0, 2, 4]);
});

t.test('add() sorts late samples in and lets the later of two equal times win', async (t) => {
  const memory = new MemoryQueryable();
  const values = new Float64Array(1);
  setStaleAt(bitsOf(values), 0);
  memory.add(
    DEFAULT_TENANT,
    columnsOf({ __name__: 'up' }, [
      [5, 50],
      [1, 10],
    ]),
  );
  memory.add(DEFAULT_TENANT, { ...columnsOf({ __name__: 'up' }, [[3, 0]]), values });
  memory.add(DEFAULT_TENANT, columnsOf({ __name__: 'up' }, [[1, 11]]));
  const [batch] = await collect(memory.select({ ...EVERYTHING, matchers: [] }));
  t.same([...(batch?.timestampColumns[0] ?? [])], [1, 3, 5]);
  t.equal(batch?.values[0], 11);
  t.ok(isStaleAt(bitsOf(batch?.values as Float64Array), 1), 'the marker keeps its bits');
});

t.test('select() stops at samplesMax, keeps tenants apart', async (t) => {
  const memory = new MemoryQueryable();
  memory.add(
    DEFAULT_TENANT,
    columnsOf({ __name__: 'up' }, [
      [1, 1],
      [2, 2],
    ]),
  );
  const limited = collect(memory.select({ ...EVERYTHING, matchers: [], samplesMax: 1 }));
  await t.rejects(limited, { code: 'query-limit' });
  const other = memory.select({ ...EVERYTHING, tenant: tenantId('other'), matchers: [] });
  t.same(await collect(other), []);
});

t.test('series(), labelNames() and labelValues() answer for a time range', async (t) => {
  const memory = new MemoryQueryable();
  memory.add(DEFAULT_TENANT, columnsOf({ __name__: 'up', host: 'b' }, [[10, 1]]));
  memory.add(DEFAULT_TENANT, columnsOf({ __name__: 'up', host: 'a' }, [[20, 1]]));
  memory.add(DEFAULT_TENANT, columnsOf({ __name__: 'cpu', mode: 'user' }, [[20, 1]]));
  const all = { tenant: DEFAULT_TENANT, selectors: [], startMs: 0, endMs: 100, limit: 0 };
  t.same(await memory.labelValues('host', all), ['a', 'b']);
  t.same(await memory.labelValues('host', { ...all, endMs: 15 }), ['b']);
  t.same(await memory.labelNames({ ...all, limit: 2 }), ['__name__', 'host']);
  const up = [{ kind: '=', name: '__name__', value: 'up' }] as const;
  t.same(await memory.series({ ...all, selectors: [up], startMs: 15 }), [
    ['__name__', 'up', 'host', 'a'],
  ]);
});

t.test(
  'addHistograms() keeps one sample at a time; select() gives lanes to who asks',
  async (t) => {
    const memory = new MemoryQueryable();
    const labels = labelsFromRecord({ __name__: 'h' });
    memory.add(
      DEFAULT_TENANT,
      columnsOf({ __name__: 'h' }, [
        [1, 10],
        [2, 20],
      ]),
    );
    memory.addHistograms(
      DEFAULT_TENANT,
      labels,
      runOf([
        [2, someHistogram()],
        [3, someHistogram(7)],
      ]),
    );
    memory.add(DEFAULT_TENANT, columnsOf({ __name__: 'g' }, [[1, 1]]));
    const ask = { ...EVERYTHING, matchers: [] };
    const [plain] = await collect(memory.select(ask));
    t.equal(plain?.histograms, undefined);
    const [batch] = await collect(memory.select({ ...ask, histograms: true }));
    t.same([...(batch?.timestampColumns[0] ?? [])], [1], 'the float at 2 gave way');
    const lane = batch?.histograms;
    t.same([...(lane?.seriesOffsets ?? [])], [0, 2, 2]);
    const run = lane === undefined ? undefined : laneRun(lane, 0);
    t.same([...(run?.timestampsMs ?? [])], [2, 3]);
    memory.add(DEFAULT_TENANT, columnsOf({ __name__: 'h' }, [[3, 30]]));
    const [later] = await collect(memory.select({ ...ask, histograms: true }));
    t.same([...(later?.histograms?.timestampsMs ?? [])], [2], 'the histogram at 3 gave way');
    const limited = collect(memory.select({ ...ask, histograms: true, samplesMax: 3 }));
    await t.rejects(limited, { code: 'query-limit' }, 'a histogram weighs more than a float');
  },
);
