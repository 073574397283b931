/**
 * What every MetaStore does; each backend's test runs it.
 */
import { MemoryMetaStore } from '@mon/storage/model/memory-meta-store';
import type { MetaStore } from '@mon/storage/model/meta-store';
import type { Test } from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';

export type OpenStore = (t: Test) => Promise<MetaStore>;

const put = (key: string, value: string) => ({ kind: 'put', key, value }) as const;
const remove = (key: string) => ({ kind: 'delete', key }) as const;

export function metaStoreConformance(t: Test, open: OpenStore): void {
  t.test('get() gives what was put last, or undefined', async (t) => {
    const store = await open(t);
    t.equal(await store.get('a'), undefined);
    await store.write([put('a', '1'), put('b', 'x'.repeat(100_000))]);
    t.equal(await store.get('a'), '1');
    await store.write([put('a', ''), remove('b'), remove('never')]);
    t.equal(await store.get('a'), '');
    t.equal(await store.get('b'), undefined);
  });

  t.test('write() applies a batch in order, and nothing of an empty one', async (t) => {
    const store = await open(t);
    await store.write([]);
    await store.write([put('k', '1'), remove('k'), put('k', '2'), put('l', '1'), remove('l')]);
    t.equal(await store.get('k'), '2');
    t.equal(await store.get('l'), undefined);
  });

  t.test('list() gives the keys with the prefix, sorted', async (t) => {
    const store = await open(t);
    const keys = ['rules/b', 'rules/a', 'rules/ä', 'rule', 'rules', 'rules/a/1', 'silences/1', 'z'];
    await store.write(keys.map((key) => put(key, `value of ${key}`)));
    const listed = async (prefix: string) => (await store.list(prefix)).map(({ key }) => key);
    t.same(await listed('rules/'), ['rules/a', 'rules/a/1', 'rules/b', 'rules/ä']);
    t.same(await listed('rules/a'), ['rules/a', 'rules/a/1']);
    t.same(await listed('nothing'), []);
    t.equal((await listed('')).length, keys.length);
    t.same((await store.list('silences/'))[0], { key: 'silences/1', value: 'value of silences/1' });
  });

  t.test('list() gives many entries, whole', async (t) => {
    const store = await open(t);
    const changes = Array.from({ length: 3000 }, (_, i) =>
      put(`states/${String(i).padStart(5, '0')}`, `${i}`.repeat(200)),
    );
    await store.write(changes);
    const entries = await store.list('states/');
    t.equal(entries.length, 3000);
    t.ok(
      entries.every(
        (entry, i) => entry.key === changes[i]?.key && entry.value === changes[i]?.value,
      ),
    );
  });

  t.test('random batches leave the same as in memory', async (t) => {
    const random = seededRandom(t);
    const store = await open(t);
    const model = new MemoryMetaStore();
    for (let round = 0; round < 30; round++) {
      const changes = Array.from({ length: random.below(8) }, () => {
        const key = `k/${random.below(20)}`;
        return random.next() < 0.3 ? remove(key) : put(key, `${random.next()}`);
      });
      await store.write(changes);
      await model.write(changes);
      t.same(await store.list('k/'), await model.list('k/'));
    }
  });
}
