import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryBytes, LevelDatabase } from '@mon/storage/kv/level-database';
import t, { type Test } from 'tap';

function temporaryFolder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'mon-level-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const keyOf = (n: number) => Uint8Array.of(1, n >> 8, n & 255);
const BEYOND = Uint8Array.of(2);

t.test('seal() leaves tables alone, nothing in the log', async (t) => {
  const dir = join(temporaryFolder(t), 'block');
  const database = await LevelDatabase.create(dir);
  for (let n = 0; n < 40; n++) {
    const value = new Uint8Array(1 << 19).fill(n);
    await database.write([{ type: 'put', key: keyOf(n), value }], 'buffered');
  }
  const bytes = await database.seal(BEYOND);
  t.equal(bytes, directoryBytes(dir));
  t.ok(bytes > 40 << 19 && bytes < (40 << 19) + 100_000, `${bytes} bytes`);
  for (const name of readdirSync(dir)) {
    if (name.endsWith('.log')) t.equal(statSync(join(dir, name)).size, 0);
  }

  const sealed = await LevelDatabase.open(dir);
  t.teardown(() => sealed.close());
  t.equal(sealed.getSync(keyOf(39))?.[7], 39);
  t.equal(sealed.getSync(keyOf(40)), undefined);
  const many = await sealed.getMany([keyOf(3), keyOf(99), keyOf(1)]);
  t.same(
    many.map((value) => value?.[0]),
    [3, undefined, 1],
  );
  const keys: number[] = [];
  for await (const page of sealed.pages({ gte: keyOf(10), lt: keyOf(20) })) {
    for (const [key] of page) keys.push(key[2] as number);
  }
  t.same(keys, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

t.test('open() says what is wrong instead of making a new database', async (t) => {
  await t.rejects(LevelDatabase.open(temporaryFolder(t)), { code: 'bad-database' });
  const dir = join(temporaryFolder(t), 'block');
  const database = await LevelDatabase.create(dir);
  await database.write([{ type: 'put', key: keyOf(1), value: keyOf(1) }], 'synced');
  await database.seal(BEYOND);
  const current = readFileSync(join(dir, 'CURRENT'));
  rmSync(join(dir, 'CURRENT'));
  await t.rejects(LevelDatabase.open(dir), { code: 'bad-database' });
  writeFileSync(join(dir, 'CURRENT'), current);
  const again = await LevelDatabase.open(dir);
  t.same(again.getSync(keyOf(1)), keyOf(1));
  await again.close();
});

t.test('create() does not take over a folder with files in it', async (t) => {
  const dir = temporaryFolder(t);
  writeFileSync(join(dir, 'notes'), 'mine');
  await t.rejects(LevelDatabase.create(dir), /BUG/);
});
