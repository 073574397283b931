/** Definitions through the kernel and back, through its twin, and with every byte changed. */
import { FOREIGN, RESOLVED_WORDS, SeriesDefinitions } from '@mon/storage/head/series-definitions';
import { SeriesTable } from '@mon/storage/head/series-table';
import { RECORD_SERIES, WalRecordWriter } from '@mon/storage/head/wal-record';
import { BadRecord, readOrigin, readSeriesRecord } from '@mon/storage/head/wal-replay';
import { shardOf } from '@mon/storage/index/series-hash';
import { FRAME_BYTES, framePayloadBytes } from '@mon/storage/log/record-frame';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { type Labels, labelsFromPairs } from '@mon/storage/model/labels';
import { DEFAULT_TENANT, tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { type Random, randomFrom } from '../random.ts';

const KEY = new Uint8Array(16).fill(7);
const ORIGIN = { generation: 7, shard: 2 };

function randomLabels({ next }: Random): Labels {
  const pairs: [string, string][] = [['__name__', `metric_${next(20)}`]];
  for (let i = next(12); i > 0; i--) pairs.push([`label${next(14)}`, `ä${next(30)}`]);
  if (next(50) === 0) pairs.push(['n'.repeat(1 + next(1024)), 'v'.repeat(1 + next(2048))]);
  return labelsFromPairs(pairs);
}

/** The payloads of the records that define refs. */
function recordsOf(table: SeriesTable, refs: readonly number[], tenant = DEFAULT_TENANT) {
  const writer = new WalRecordWriter();
  const payloads: Uint8Array[] = [];
  new SeriesDefinitions(table).write(refs, (definitions) => {
    writer.addSeries(ORIGIN, tenant, definitions);
    const frame = writer.take();
    t.equal(frame[1], RECORD_SERIES);
    payloads.push(frame.slice(FRAME_BYTES, FRAME_BYTES + framePayloadBytes(frame, 0)));
  });
  return payloads;
}

t.test('SeriesDefinitions resolves what it wrote, on any number of shards', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  for (const shards of [1, 3]) {
    const from = new SeriesTable(KEY, new ShardMemory(4096));
    const refs = new Set<number>();
    for (let i = 0; i < 3000; i++) refs.add(from.resolve(DEFAULT_TENANT, randomLabels(random)));
    const shuffled = [...refs].sort(() => random.next(3) - 1);
    const payloads = recordsOf(from, shuffled);
    for (let index = 0; index < shards; index++) {
      const to = new SeriesTable(KEY, new ShardMemory(4096));
      to.resolve(DEFAULT_TENANT, ['__name__', 'other']);
      const definitions = new SeriesDefinitions(to);
      for (const [round, isNew] of [1, 0].entries()) {
        const read: number[] = [];
        for (const payload of payloads) {
          const resolved = definitions.read(payload, { index, count: shards });
          for (let i = 0; i < resolved.length; i += RESOLVED_WORDS) {
            const [theirs, own] = resolved.subarray(i, i + 2) as unknown as [number, number];
            read.push(theirs);
            const hash = from.shardHash(theirs);
            const isOwn = shardOf(hash, shards) === index;
            if (!isOwn && own === FOREIGN && resolved[i + 2] === 0) continue;
            t.equal(resolved[i + 2], isNew, `round ${round}`);
            t.same(to.labels(own), from.labels(theirs));
            t.equal(to.shardHash(own), hash);
            t.equal(to.resolve(DEFAULT_TENANT, from.labels(theirs)), own);
          }
        }
        t.same(read, shuffled);
      }
    }
  }
});

t.test('the twin reads the same', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const table = new SeriesTable(KEY, new ShardMemory(4096));
  const tenant = tenantId('team-a');
  const refs = Array.from({ length: 500 }, () => table.resolve(tenant, randomLabels(random)));
  const read: number[] = [];
  for (const payload of recordsOf(table, refs, tenant)) {
    readSeriesRecord(payload, (series) => {
      t.equal(series.tenant, tenant);
      t.same(series.labels(), table.labels(series.ref));
      t.equal(series.shardHash, table.shardHash(series.ref));
      t.equal(table.find(tenant, series.labels(), series.fingerprint), series.ref);
      read.push(series.ref);
    });
  }
  t.same(read, refs);
});

t.test('the largest series end a record early', async (t) => {
  const table = new SeriesTable(KEY, new ShardMemory(4096));
  const refs = Array.from({ length: 5 }, (_, i) => {
    const pairs = Array.from({ length: 63 }, (_, k): [string, string] => [
      `${String(k).padStart(4, '0')}${'n'.repeat(1020)}`,
      `${i}${'v'.repeat(2047)}`,
    ]);
    return table.resolve(DEFAULT_TENANT, labelsFromPairs([['__name__', 'm'], ...pairs]));
  });
  const payloads = recordsOf(table, refs);
  t.ok(payloads.length > 1);
  const to = new SeriesTable(KEY, new ShardMemory(4096));
  const definitions = new SeriesDefinitions(to);
  for (const payload of payloads) definitions.read(payload, { index: 0, count: 1 });
  t.equal(to.count, 5);
  for (const ref of refs) t.same(to.labels(ref), table.labels(ref));
});

t.test('a record that is cut short or changed is refused, or read as another', async (t) => {
  const table = new SeriesTable(KEY, new ShardMemory(4096));
  const random = randomFrom(1);
  const refs = Array.from({ length: 6 }, () => table.resolve(DEFAULT_TENANT, randomLabels(random)));
  const [payload] = recordsOf(table, [...new Set(refs)]) as [Uint8Array];
  const share = { index: 0, count: 1 };
  const definitions = new SeriesDefinitions(new SeriesTable(KEY, new ShardMemory(8192)));
  for (let end = 12; end < payload.length; end++) {
    t.throws(
      () => definitions.read(payload.slice(0, end), share),
      { message: /^its? / },
      `${end} bytes`,
    );
  }
  for (let i = 12; i < payload.length; i++) {
    const changed = payload.slice();
    changed[i] = (changed[i] as number) ^ (1 << random.next(8));
    try {
      definitions.read(changed, share);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
    }
  }
  t.equal(definitions.read(payload, share).length, RESOLVED_WORDS * readOrigin(payload).count);
});
