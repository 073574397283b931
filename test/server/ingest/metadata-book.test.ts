import { MetadataBook } from '@mon/server/ingest/metadata-book';
import { MetricRegistry } from '@mon/server/metrics/registry';
import { MonError } from '@mon/storage/model/error';
import { MemoryMetaStore } from '@mon/storage/model/memory-meta-store';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { DEFAULT_TENANT, tenantId } from '@mon/storage/model/tenant';
import { pino } from 'pino';
import t from 'tap';

class CountingStore extends MemoryMetaStore {
  writes = 0;
  fault: MonError | undefined;

  override async write(changes: Parameters<MemoryMetaStore['write']>[0]): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
    this.writes += changes.length;
    await super.write(changes);
  }
}

function book(meta: MemoryMetaStore, metricsMax = 3) {
  const registry = new MetricRegistry();
  const log = pino({ level: 'silent' });
  return { registry, book: new MetadataBook({ meta, metricsMax, registry, log }) };
}

const entry = (metric: string, help = 'h'): MetricMetadata => ({
  metric,
  type: 'gauge',
  help,
  unit: '',
});

t.test('MetadataBook writes what changed and survives a restart', async (t) => {
  const meta = new CountingStore();
  const first = book(meta).book;
  await first.record(DEFAULT_TENANT, [entry('a/b'), entry('c')]);
  await first.record(DEFAULT_TENANT, [entry('a/b'), entry('c', 'new')]);
  t.equal(meta.writes, 3);
  const second = book(meta).book;
  t.same(await second.read(DEFAULT_TENANT), [entry('a/b'), entry('c', 'new')]);
  t.same(await second.read(DEFAULT_TENANT, 'c'), [entry('c', 'new')]);
  t.same(await second.read(tenantId('other')), []);
  await second.record(DEFAULT_TENANT, [entry('c', 'new')]);
  t.equal(meta.writes, 3);
});

t.test('MetadataBook bounds the metrics of a tenant and the length of help', async (t) => {
  const { book: bounded, registry } = book(new MemoryMetaStore(), 2);
  await bounded.record(DEFAULT_TENANT, [entry('a', 'x'.repeat(5000)), entry('b'), entry('c')]);
  const found = await bounded.read(DEFAULT_TENANT);
  t.same(
    found.map(({ metric }) => metric),
    ['a', 'b'],
  );
  t.equal(found[0]?.help.length, 1024);
  t.match(registry.exposition(), 'mon_metadata_dropped_total{reason="tenant-limit"} 1');
});

t.test('MetadataBook does not fail when the store does', async (t) => {
  const meta = new CountingStore();
  meta.fault = new MonError({ code: 'disk-full', what: 'w', why: 'y', mend: 'm' });
  const { book: failing, registry } = book(meta);
  await failing.record(DEFAULT_TENANT, [entry('a')]);
  t.same(await failing.read(DEFAULT_TENANT), []);
  t.match(registry.exposition(), 'mon_metadata_dropped_total{reason="disk-full"} 1');
  meta.fault = undefined;
  await failing.record(DEFAULT_TENANT, [entry('a')]);
  t.equal((await failing.read(DEFAULT_TENANT)).length, 1);
});

t.test('MetadataBook leaves out what has no name, and cuts what is too long', async (t) => {
  const { registry, book: kept } = book(new CountingStore(), 10);
  await kept.record(DEFAULT_TENANT, [
    entry(''),
    entry('x'.repeat(201)),
    entry('a\0b'),
    { ...entry('fine', `${'h'.repeat(1023)}😀`), unit: 'u'.repeat(100) },
  ]);
  const found = await kept.read(DEFAULT_TENANT);
  t.same(
    found.map(({ metric }) => metric),
    ['fine'],
  );
  t.equal(found[0]?.help.length, 1024);
  t.ok(found[0]?.help.isWellFormed());
  t.equal(found[0]?.unit.length, 64);
  t.match(registry.exposition(), /mon_metadata_dropped_total\{reason="bad-name"\} 3/);
});
