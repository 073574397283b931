import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Manifest } from '@mon/storage/manifest/manifest';
import type { ManifestEntry } from '@mon/storage/manifest/manifest-entry';
import t, { type Test } from 'tap';
import { type FileCall, failingFiles, ioError } from '../files/failing-files.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);

function temporaryFolder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'mon-manifest-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const entry = (id: string, generation = Number(id)): ManifestEntry => ({
  id,
  tier: 'raw',
  minTimeMs: -5,
  maxTimeMs: 1_700_000_000_000,
  series: 10,
  samples: 1200,
  bytes: 4096,
  generations: { min: generation, max: generation },
});
const cut = (...ids: string[]) => ({
  add: ids.map((id) => entry(id)),
  remove: [],
  generations: ids.map(Number),
});
const path = (dir: string) => join(dir, 'MANIFEST.log');

/** A manifest with a cut of two blocks, a merge of them and another cut. */
function written(t: Test): string {
  const dir = temporaryFolder(t);
  const manifest = Manifest.open(dir, () => Buffer.from(KEY));
  manifest.commit(cut(manifest.newBlockId()));
  manifest.commit(cut(manifest.newBlockId()));
  const merged = { ...entry(manifest.newBlockId()), generations: { min: 1, max: 2 } };
  manifest.commit({ add: [merged], remove: ['00000001', '00000002'], generations: [] });
  manifest.commit(cut(manifest.newBlockId()));
  manifest.close();
  for (const { id } of manifest.live) mkdirSync(join(dir, 'blocks', id));
  return dir;
}
const ids = (manifest: Manifest) => manifest.live.map(({ id }) => id);

t.test('Manifest keeps blocks, generations, ids and the hash key', async (t) => {
  const dir = written(t);
  const manifest = Manifest.open(dir);
  t.teardown(() => manifest.close());
  t.same(ids(manifest), ['00000003', '00000004']);
  t.same(manifest.live[0], { ...entry('00000003'), generations: { min: 1, max: 2 } });
  t.same([...manifest.hashKey], [...KEY]);
  t.same(manifest.opening, { tornBytes: 0, removed: [], missing: [] });
  t.ok([1, 2, 4].every((generation) => manifest.cutGenerations.has(generation)));
  t.notOk(manifest.cutGenerations.has(3));
  t.equal(manifest.cutGenerations.highest, 4);
  t.equal(manifest.newBlockId(), '00000005');
  t.equal(manifest.blockDir('00000005'), join(dir, 'blocks', '00000005'));
});

t.test('Manifest.open() makes a new database with a random key', async (t) => {
  const [a, b] = [temporaryFolder(t), temporaryFolder(t)].map((dir) => Manifest.open(dir));
  t.notSame(a?.hashKey, b?.hashKey);
  t.same(a?.live, []);
  a?.close();
  b?.close();
});

t.test('cutGenerations stay compact', async (t) => {
  const manifest = Manifest.open(temporaryFolder(t));
  t.teardown(() => manifest.close());
  const commit = (...generations: number[]) =>
    manifest.commit({ add: [], remove: [], generations });
  commit(2);
  t.same(
    [manifest.cutGenerations.upTo, manifest.cutGenerations.above],
    [0, [2]],
    'a hole is waited for',
  );
  commit(1, 4);
  t.same([manifest.cutGenerations.upTo, manifest.cutGenerations.above], [2, [4]]);
  commit(3);
  t.same([manifest.cutGenerations.upTo, manifest.cutGenerations.above], [4, []]);
});

t.test('Manifest.open() removes what is not listed and reports what is missing', async (t) => {
  const dir = written(t);
  mkdirSync(join(dir, 'blocks', '00000009'));
  writeFileSync(join(dir, 'blocks', '00000009', 'x'), 'half a block');
  writeFileSync(join(dir, 'blocks', '00000009.spill'), 'half a block');
  rmSync(join(dir, 'blocks', '00000003'), { recursive: true });
  const manifest = Manifest.open(dir);
  t.teardown(() => manifest.close());
  t.same(manifest.opening.removed, ['00000009', '00000009.spill']);
  t.same(manifest.opening.missing, ['00000003']);
  t.notOk(existsSync(join(dir, 'blocks', '00000009')));
  t.ok(existsSync(join(dir, 'blocks', '00000004')));
});

t.test('Manifest.open() cuts a torn tail at any byte and goes on', async (t) => {
  const whole = readFileSync(path(written(t)));
  const lastStart = whole.lastIndexOf('{"add"') - 12;
  for (let end = lastStart + 1; end < whole.length; end++) {
    for (const zeros of [0, whole.length - end]) {
      const dir = temporaryFolder(t);
      writeFileSync(path(dir), Buffer.concat([whole.subarray(0, end), Buffer.alloc(zeros)]));
      const manifest = Manifest.open(dir);
      t.same(ids(manifest), ['00000003'], `cut at ${end}, ${zeros} zeros`);
      t.equal(manifest.opening.tornBytes, end - lastStart + zeros);
      manifest.commit(cut('00000007'));
      manifest.close();
      const again = Manifest.open(dir);
      t.same(ids(again), ['00000003', '00000007']);
      again.close();
    }
  }
});

t.test('Manifest.open() names a flipped bit anywhere', async (t) => {
  const whole = readFileSync(path(written(t)));
  const dir = temporaryFolder(t);
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    writeFileSync(path(dir), flipped);
    try {
      Manifest.open(dir).close();
      t.fail(`byte ${at} flipped and not found`);
    } catch (error) {
      t.match(error, { code: 'corrupt-manifest', why: /^at byte \d+: / });
    }
  }
});

t.test('Manifest.open() refuses to lose blocks', async (t) => {
  const dir = written(t);
  rmSync(path(dir));
  t.throws(() => Manifest.open(dir), { code: 'missing-manifest' });
  t.ok(existsSync(join(dir, 'blocks', '00000004')));
  writeFileSync(path(dir), '');
  t.throws(() => Manifest.open(dir), { code: 'corrupt-manifest' });
  const other = written(t);
  truncateSync(path(other), 20);
  t.throws(() => Manifest.open(other), { code: 'corrupt-manifest' }, 'not even a head is left');
});

t.test('Manifest.open() rewrites a log that has grown long', async (t) => {
  const dir = written(t);
  const first = Manifest.open(dir);
  const many = Array.from({ length: 7000 }, () => first.newBlockId());
  first.commit(cut(...many));
  first.commit({ add: [], remove: many.slice(10), generations: [9999] });
  first.close();
  const sizeBefore = readFileSync(path(dir)).length;
  t.ok(sizeBefore > 1024 * 1024, `${sizeBefore} bytes`);
  const second = Manifest.open(dir);
  t.ok(readFileSync(path(dir)).length < sizeBefore / 2);
  t.same(second.live, first.live);
  t.equal(second.cutGenerations.upTo, first.cutGenerations.upTo);
  t.same(second.cutGenerations.above, first.cutGenerations.above);
  t.same(second.hashKey, first.hashKey);
  t.equal(second.newBlockId(), first.newBlockId(), 'ids of removed blocks do not come back');
  second.commit(cut(second.newBlockId()));
  second.close();
  const third = Manifest.open(dir);
  t.same(third.live, second.live);
  third.close();
});

t.test('commit() with a bug in it changes nothing', async (t) => {
  const dir = written(t);
  const manifest = Manifest.open(dir);
  t.teardown(() => manifest.close());
  t.throws(() => manifest.commit(cut('00000003')), /BUG/);
  t.throws(() => manifest.commit({ add: [], remove: ['1'], generations: [] }), /BUG/);
  t.same(ids(manifest), ['00000003', '00000004']);
});

t.test('the manifest has the bytes that the format document quotes', async (t) => {
  const dir = temporaryFolder(t);
  const manifest = Manifest.open(dir, () => Buffer.from(KEY));
  manifest.commit(cut(manifest.newBlockId()));
  manifest.close();
  const document = readFileSync(
    new URL('../../../docs/formats/manifest.md', import.meta.url),
    'utf8',
  );
  const quoted = document.slice(document.indexOf('## Golden bytes')).split('```')[1] ?? '';
  // A line is the hex of a frame's head, or a payload as text.
  const golden = quoted
    .trim()
    .split('\n')
    .map((line) => Buffer.from(line, line.startsWith('{') ? 'utf8' : 'hex'));
  const written = readFileSync(path(dir));
  t.equal(written.toString('latin1'), Buffer.concat(golden).toString('latin1'));
});

t.test('a commit that fails changes nothing, and the next one is right', async (t) => {
  for (const calls of [['write'], ['sync']] as FileCall[][]) {
    const dir = temporaryFolder(t);
    const failing = new Set<FileCall>();
    // The truncation and the sync that take it back work again.
    const files = failingFiles((call) => {
      if (failing.delete(call)) throw ioError();
    });
    const manifest = Manifest.open(dir, () => Buffer.from(KEY), files);
    manifest.commit(cut(manifest.newBlockId()));
    for (const call of calls) failing.add(call);
    const change = cut(manifest.newBlockId());
    t.throws(() => manifest.commit(change), { code: 'manifest-unwritable' });
    t.same(ids(manifest), ['00000001']);
    manifest.commit(cut(manifest.newBlockId()));
    manifest.close();
    const again = Manifest.open(dir);
    t.same(ids(again), ['00000001', '00000003']);
    t.equal(again.opening.tornBytes, 0);
    again.close();
  }
});

t.test('a commit that cannot be taken back ends all commits until a restart', async (t) => {
  const dir = temporaryFolder(t);
  const failing = new Set<FileCall>();
  const files = failingFiles((call) => {
    if (failing.has(call)) throw ioError();
  });
  const manifest = Manifest.open(dir, () => Buffer.from(KEY), files);
  failing.add('sync').add('truncate');
  t.throws(() => manifest.commit(cut('00000001')), { code: 'manifest-unwritable' });
  failing.clear();
  t.throws(() => manifest.commit(cut('00000002')), { code: 'manifest-unwritable' });
  manifest.close();
});

t.test('Manifest.open() makes what it read durable before anyone relies on it', async (t) => {
  const dir = written(t);
  for (const failing of ['sync', 'sync folder']) {
    const files = failingFiles((call) => {
      if (call === failing) throw ioError();
    });
    t.throws(() => Manifest.open(dir, undefined, files), { code: 'manifest-unwritable' }, failing);
  }
});

t.test(
  'Manifest.open() takes a record with sectors that were never written for torn',
  async (t) => {
    const dir = written(t);
    const whole = readFileSync(path(dir));
    const last = whole.lastIndexOf(0xa5);
    for (let from = last; from < whole.length - 8; from += 5) {
      for (const to of [from + 8, whole.length]) {
        const torn = Buffer.from(whole).fill(0, from, to);
        // Zeros that were zeros before are no tear.
        if (torn.equals(whole)) continue;
        const isSeen = torn[last] === 0 || torn.includes(0, last + 12);
        if (!isSeen) continue;
        writeFileSync(path(dir), torn);
        const manifest = Manifest.open(dir);
        t.same(ids(manifest), ['00000003'], `zeros in [${from}, ${to})`);
        manifest.close();
        mkdirSync(join(dir, 'blocks', '00000004'), { recursive: true });
      }
    }
  },
);

t.test('Manifest.open() refuses a log without a manifest', async (t) => {
  const dir = temporaryFolder(t);
  mkdirSync(join(dir, 'wal'));
  Manifest.open(dir).close();
  rmSync(path(dir));
  writeFileSync(join(dir, 'wal', '00000001'), 'x');
  t.throws(() => Manifest.open(dir), { code: 'missing-manifest', why: /wal\/ is not empty/ });
});
