/**
 * verifyDirectory(): what is intact passes, and each kind of damage is found and named.
 */
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyOpenDirectory } from '@mon/storage/care/care-thread';
import type { PartReport } from '@mon/storage/care/part-report';
import { verifyDirectory } from '@mon/storage/care/verify-directory';
import t from 'tap';
import { asColumns, NOW_MS, openFor } from '../database-fixture.ts';
import { copyOf, filledDirectory, flipBit, largestFile } from './filled-directory.ts';

const whole = await filledDirectory(t);
const [first = '', second = ''] = readdirSync(join(whole, 'blocks')).sort();

async function damaged(dir: string) {
  const { parts, isIntact } = await verifyDirectory(dir);
  const hit = parts.filter(({ problems }) => problems.length > 0);
  t.equal(isIntact, hit.length === 0);
  return hit;
}

t.test('verifyDirectory() passes what is intact, and says what there is', async (t) => {
  const { parts, isIntact } = await verifyDirectory(whole);
  t.ok(isIntact, JSON.stringify(parts.flatMap(({ problems }) => problems)));
  t.match(
    parts.map(({ name }) => name),
    ['.', 'MANIFEST.log', 'wal', 'meta', `blocks/${first}`, `blocks/${second}`],
  );
  t.match(parts[2], { series: 30, samples: 1200 });
  t.match(parts[4], { series: 102, samples: 90 * 90 + 12 * 20 });
  t.same(
    parts.flatMap(({ remarks }) => remarks),
    [],
  );
});

t.test('verifyDirectory() finds a flipped bit anywhere, and changes nothing', async (t) => {
  const files = ['MANIFEST.log', largest('wal', ''), largest('meta', '.log')];
  files.push(largest(`blocks/${first}`, '.ldb'), `blocks/${second}/CURRENT`);
  for (const file of files) {
    const size = statSync(join(whole, file)).size;
    const step = Math.max(1, Math.floor(size / 40));
    const dir = copyOf(t, whole);
    for (let at = step >> 1; at < size; at += step) {
      flipBit(join(dir, file), at, at % 8);
      const hit = await damaged(dir);
      t.equal(hit.length, 1, `${file} byte ${at}`);
      flipBit(join(dir, file), at, at % 8);
    }
    t.same(await damaged(dir), []);
  }
});

function largest(folder: string, ending: string): string {
  return largestFile(join(whole, folder), ending).slice(whole.length + 1);
}

t.test('verifyDirectory() names series and time of a hit chunk', async (t) => {
  const dir = copyOf(t, whole);
  const table = largestFile(join(dir, 'blocks', first), '.ldb');
  let block: PartReport | undefined;
  // Aggregates come first, of which nothing is lost; then the columns.
  for (let at = 500; block === undefined || block.samplesLost === 0; at += 100) {
    const bytes = readFileSync(table);
    writeFileSync(table, Buffer.from(bytes).fill(0xee, at, at + 30));
    [block] = await damaged(dir);
    writeFileSync(table, bytes);
  }
  t.equal(block?.name, `blocks/${first}`);
  t.ok((block?.samplesLost ?? 0) > 0 && (block?.samplesLost ?? 0) <= 90 * 90);
  t.match(block?.losses, [{ from: /instance=/ }]);
  const [loss] = block?.losses ?? [];
  t.ok((loss?.minTimeMs ?? 0) < (loss?.maxTimeMs ?? 0));
});

t.test('verifyDirectory() finds lost files: CURRENT, a table, a directory, all', async (t) => {
  const lost = async (name: string, part: string, why: RegExp) => {
    const dir = copyOf(t, whole);
    rmSync(join(dir, name), { recursive: true });
    const hit = await damaged(dir);
    t.equal(hit[0]?.name, part, name);
    t.match(JSON.stringify(hit[0]?.problems), why);
    return hit[0];
  };
  await lost(`blocks/${first}/CURRENT`, `blocks/${first}`, /empty database/);
  const table = await lost(largest(`blocks/${first}`, '.ldb'), `blocks/${first}`, /missing/);
  t.equal(table?.samplesLost, 90 * 90 + 12 * 20);
  await lost(`blocks/${first}`, `blocks/${first}`, /not there/);
  await lost('meta/CURRENT', 'meta', /empty database/);
  await lost('MANIFEST.log', 'MANIFEST.log', /missing/);
});

t.test(
  'verifyDirectory() tells a torn end of the log from damage, and names strangers',
  async (t) => {
    const dir = copyOf(t, whole);
    const segment = largestFile(join(dir, 'wal'), '');
    truncateSync(segment, statSync(segment).size - 3);
    writeFileSync(join(dir, 'notes.txt'), '');
    writeFileSync(join(dir, 'blocks', first, 'stranger'), '');
    const { parts, isIntact } = await verifyDirectory(dir);
    t.ok(isIntact);
    const remarks = parts.flatMap((part) => part.remarks).join('\n');
    t.match(remarks, /cut short.*never acknowledged/);
    t.match(remarks, /notes\.txt does not belong there/);
    t.match(remarks, /stranger does not belong there/);
  },
);

t.test('verifyDirectory() says which samples of the log lost their definition', async (t) => {
  const dir = copyOf(t, whole);
  flipBit(largestFile(join(dir, 'wal'), ''), 200);
  const [wal] = await damaged(dir);
  t.equal(wal?.name, 'wal');
  t.equal(wal?.samplesLost, 1200);
  t.match(JSON.stringify(wal?.losses), /definition is lost/);
});

t.test('verifyOpenDirectory() raises no false alarm while all of it changes', async (t) => {
  const dir = copyOf(t, whole);
  const database = await openFor(t, dir, { bounds: { segmentBytesMax: 20_000 } });
  let isOver = false;
  const change = async (act: (i: number) => Promise<unknown>) => {
    for (let i = 0; !isOver; i++) await act(i);
  };
  const series = (i: number) => asColumns([[{ __name__: 'up', i: `${i % 9}` }, [NOW_MS + i, i]]]);
  const changes = [
    change((i) => database.append(series(i))),
    change(() => database.flush()),
    change((i) =>
      database.meta.write([{ kind: 'put', key: `k${i % 9}`, value: 'v'.repeat(9999) }]),
    ),
  ];
  for (let i = 0; i < 4; i++) {
    const { parts } = await verifyOpenDirectory(dir, new AbortController().signal);
    t.same(
      parts.flatMap(({ problems }) => problems),
      [],
    );
  }
  isOver = true;
  await Promise.all(changes);
});
