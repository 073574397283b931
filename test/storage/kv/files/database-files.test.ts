/**
 * Reading LevelDB's files without LevelDB: the same entries, and no flipped bit that is not seen.
 */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseFiles } from '@mon/storage/kv/files/database-files';
import { LevelDatabase } from '@mon/storage/kv/level-database';
import t, { type Test } from 'tap';

const ALL = { gte: new Uint8Array(0), lt: Uint8Array.of(0xff) };

async function sealedDatabase(t: Test, entries: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mon-files-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const dir = join(folder, 'db');
  const database = await LevelDatabase.create(dir);
  for (let i = 0; i < entries; i++) {
    const key = Buffer.from(`key ${String(i).padStart(6, '0')}`);
    await database.write([{ type: 'put', key, value: Buffer.alloc(i % 700, i) }], 'buffered');
  }
  await database.seal(Uint8Array.of(0xff));
  return dir;
}

async function entriesOf(source: {
  pages(range: typeof ALL): AsyncGenerator<[Uint8Array, Uint8Array][]>;
}): Promise<string[]> {
  const found: string[] = [];
  for await (const page of source.pages(ALL)) {
    for (const [key, value] of page) {
      found.push(`${Buffer.from(key)}=${Buffer.from(value).toString('hex')}`);
    }
  }
  return found;
}

t.test('DatabaseFiles reads what LevelDB reads', async (t) => {
  const dir = await sealedDatabase(t, 2000);
  const files = new DatabaseFiles(dir);
  const found = await entriesOf(files);
  t.equal(files.getSync(Buffer.from('key 000123'))?.length, 123);
  t.equal(files.getSync(Buffer.from('key 0001235')), undefined);
  t.same(files.faults, []);
  files.close();
  const level = await LevelDatabase.open(dir);
  t.same(found, await entriesOf(level));
  await level.close();
});

t.test('DatabaseFiles reads writes that are in the log alone, and deletions', async (t) => {
  const dir = await sealedDatabase(t, 20);
  const level = await LevelDatabase.open(dir);
  await level.write(
    [
      { type: 'del', key: Buffer.from('key 000003') },
      { type: 'put', key: Buffer.from('key 000004'), value: Buffer.from('new') },
    ],
    'synced',
  );
  const expected = await entriesOf(level);
  await level.close();
  const files = new DatabaseFiles(dir);
  t.teardown(() => files.close());
  t.same(await entriesOf(files), expected);
  t.equal(files.getSync(Buffer.from('key 000003')), undefined);
  t.equal(Buffer.from(files.getSync(Buffer.from('key 000004')) ?? []).toString(), 'new');
  t.same(files.faults, []);
});

t.test('DatabaseFiles finds a flipped bit in every byte of every file', async (t) => {
  const dir = await sealedDatabase(t, 25);
  for (const name of readdirSync(dir).filter((name) => !/^(LOCK|LOG.*)$/.test(name))) {
    const path = join(dir, name);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at] = (whole[at] as number) ^ (1 << (at % 8));
      writeFileSync(path, flipped);
      const files = new DatabaseFiles(dir);
      await entriesOf(files);
      files.close();
      if (files.faults.length === 0) t.fail(`byte ${at} of ${name}`);
    }
    writeFileSync(path, whole);
    t.pass(name);
  }
});

t.test('DatabaseFiles reads what is left of a table that is cut anywhere', async (t) => {
  const dir = await sealedDatabase(t, 300);
  const before = new DatabaseFiles(dir);
  const whole = new Set(await entriesOf(before));
  before.close();
  const name = readdirSync(dir).find((name) => name.endsWith('.ldb')) as string;
  const bytes = readFileSync(join(dir, name));
  let last = whole.size;
  for (let size = bytes.length - 1; size > 0; size -= 997) {
    truncateSync(join(dir, name), size);
    const files = new DatabaseFiles(dir);
    const found = await entriesOf(files);
    files.close();
    t.ok(found.length <= last && found.every((entry) => whole.has(entry)), `${size} bytes`);
    t.ok(files.faults.length > 0);
    if (size > bytes.length / 2) t.ok(found.length > whole.size / 4, `${found.length} entries`);
    last = found.length;
  }
});

t.test('DatabaseFiles reads a directory without CURRENT and MANIFEST', async (t) => {
  const dir = await sealedDatabase(t, 300);
  const before = new DatabaseFiles(dir);
  const whole = await entriesOf(before);
  before.close();
  for (const name of readdirSync(dir)) {
    if (/^(CURRENT|MANIFEST)/.test(name)) rmSync(join(dir, name));
  }
  const files = new DatabaseFiles(dir);
  t.teardown(() => files.close());
  t.same(await entriesOf(files), whole);
  t.match(files.faults, [{ file: 'CURRENT', reason: /missing/ }]);
});
