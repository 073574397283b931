import { RuleSetStore, type SetChange } from '@mon/server/rules/rule-set-store';
import { readGroupsJson } from '@mon/server/rules/rule-wire';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { MemoryMetaStore } from '@mon/storage/model/memory-meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { diskFull } from './rule-bench.ts';

const TENANT = 'acme' as TenantId;

function groups(expr: string) {
  return readGroupsJson({
    groups: [
      { file: 'a.yml', name: 'g', interval: '30s', rules: [{ alert: 'A', expr, for: '1m' }] },
    ],
  });
}

function change(etag: string, name = 'default'): SetChange {
  return { tenant: TENANT, name, etag };
}

t.test('put() changes a set only for who knows its present etag', async (t) => {
  const store = new RuleSetStore(new MemoryMetaStore(), new ManualClock(1000));
  const empty = store.get(TENANT, 'default').etag;
  const first = await store.put(change(empty), groups('up'));
  await t.rejects(store.put(change(empty), groups('down')), { code: 'conflict' });
  t.equal(store.get(TENANT, 'default').etag, first.etag, 'nothing changed');
  const second = await store.put(change(first.etag), groups('down'));
  t.not(second.etag, first.etag);
  await store.put(change('*'), groups('up'));
  t.equal(store.get(TENANT, 'default').etag, first.etag, 'the same content has the same etag');
});

t.test('put() leaves the set as it was where the disk refuses', async (t) => {
  const meta = new MemoryMetaStore();
  const store = new RuleSetStore(meta, new ManualClock(1000));
  const first = await store.put(change('*'), groups('up'));
  meta.write = async () => {
    throw diskFull();
  };
  await t.rejects(store.put(change('*'), groups('down')), { code: 'disk-full' });
  t.equal(store.get(TENANT, 'default').etag, first.etag);
});

t.test('load() reads what put() wrote; sets and tenants are apart', async (t) => {
  const meta = new MemoryMetaStore();
  const before = new RuleSetStore(meta, new ManualClock(1000));
  const stored = await before.put(change('*'), groups('up'));
  await before.put(change('*', 'team-b'), groups('down'));
  await before.put({ ...change('*'), tenant: 'other' as TenantId }, groups('x'));
  await before.remove(change('*', 'team-b'));
  const store = new RuleSetStore(meta, new ManualClock(2000));
  t.same(await store.load(), []);
  t.same(
    store.list(TENANT).map(({ name }) => name),
    ['default'],
  );
  t.same(store.get(TENANT, 'default'), stored);
  t.same(store.tenants().sort(), ['acme', 'other']);
});

t.test('readGroupsJson() names all mistakes by their path', async (t) => {
  t.throws(
    () =>
      readGroupsJson({
        groups: [
          { name: 'g', rules: [{ alert: 'A', expr: 'up(' }] },
          { file: 'a', name: 'h', rules: [{ expr: 'up' }] },
        ],
      }),
    {
      code: 'bad-rule',
      why: /^groups\[0\]: file is missing.*\ngroups\[0\].rules\[0\].expr: could not parse.*\ngroups\[1\].rules\[0\]: one of/,
    },
  );
});
