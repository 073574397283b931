import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelMetaStore } from '@mon/storage/kv/level-meta-store';
import { MemoryMetaStore } from '@mon/storage/model/memory-meta-store';
import t, { type Test } from 'tap';
import { metaStoreConformance } from './meta-store-conformance.ts';

function temporaryFolder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'mon-meta-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

t.test('MemoryMetaStore conforms', async (t) => {
  metaStoreConformance(t, async () => new MemoryMetaStore());
});

t.test('LevelMetaStore conforms', async (t) => {
  metaStoreConformance(t, async (t) => {
    const store = await LevelMetaStore.open(join(temporaryFolder(t), 'meta'));
    t.teardown(() => store.close());
    return store;
  });
});

t.test('LevelMetaStore keeps its entries when opened again', async (t) => {
  const dir = temporaryFolder(t);
  const first = await LevelMetaStore.open(dir);
  await first.write([{ kind: 'put', key: 'a', value: '1' }]);
  await first.close();
  const second = await LevelMetaStore.open(dir);
  t.equal(await second.get('a'), '1');
  await second.close();
});

t.test('LevelMetaStore.open() refuses a folder that lost its CURRENT', async (t) => {
  const dir = temporaryFolder(t);
  const store = await LevelMetaStore.open(dir);
  await store.write([{ kind: 'put', key: 'a', value: '1' }]);
  await store.close();
  rmSync(join(dir, 'CURRENT'));
  await t.rejects(LevelMetaStore.open(dir), { code: 'bad-meta', what: new RegExp(dir) });
  await t.rejects(LevelMetaStore.open(dir), { code: 'bad-meta' }, 'not mended by trying');
});
