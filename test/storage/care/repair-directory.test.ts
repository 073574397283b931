/**
 * repairDirectory(): one flipped bit costs nothing, more costs only what was hit, and that is named;
 * running it twice changes nothing, and being killed at any step neither.
 */
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { repairDirectory } from '@mon/storage/care/repair-directory';
import { verifyDirectory } from '@mon/storage/care/verify-directory';
import type { Files } from '@mon/storage/files/files';
import { nodeFiles } from '@mon/storage/files/node-files';
import t, { type Test } from 'tap';
import { NOW_MS } from '../database-fixture.ts';
import { contentOf, copyOf, filledDirectory, flipBit, largestFile } from './filled-directory.ts';

// Many small databases are opened: on a busy machine that takes its time.
t.setTimeout(180_000);
const whole = await filledDirectory(t);
const content = await contentOf(t, copyOf(t, whole));
const samplesOf = (all: Record<string, unknown[]>) =>
  Object.values(all).reduce((sum, samples) => sum + samples.length, 0);
const [first = '', second = ''] = readdirSync(join(whole, 'blocks')).sort();

function largest(folder: string, ending: string): string {
  return largestFile(join(whole, folder), ending).slice(whole.length + 1);
}

/** Repairs, and sees that a second look finds nothing. */
async function mended(t: Test, dir: string) {
  const report = await repairDirectory(dir, NOW_MS);
  t.ok(report.wasDamaged);
  const again = await verifyDirectory(dir);
  t.ok(again.isIntact, JSON.stringify(again.parts.flatMap(({ problems }) => problems)));
  return report;
}

/** Repairs, and compares what is left with what there was. */
async function repaired(t: Test, dir: string) {
  const report = await mended(t, dir);
  const left = await contentOf(t, dir);
  for (const [key, samples] of Object.entries(left)) {
    const before = new Set(content[key]?.map(String));
    if (!samples.every((sample) => before.has(String(sample)))) t.fail(`${key} has changed`);
  }
  const told = report.parts.reduce((sum, { samplesLost }) => sum + samplesLost, 0);
  return { report, left, told, lost: samplesOf(content) - samplesOf(left) };
}

t.test('repairDirectory() loses nothing to one flipped bit, wherever it is', async (t) => {
  const files = ['MANIFEST.log', 'MANIFEST.head', largest('wal', ''), largest('meta', '.log')];
  files.push('meta/CURRENT', `blocks/${second}/CURRENT`, largest(`blocks/${first}`, '.ldb'));
  const manifest = readdirSync(join(whole, 'blocks', first)).find((name) => /^MAN/.test(name));
  files.push(`blocks/${first}/${manifest}`);
  for (const file of files) {
    const size = statSync(join(whole, file)).size;
    const step = Math.max(1, Math.floor(size / 4));
    for (let at = 0; at < size; at += step) {
      const dir = copyOf(t, whole);
      flipBit(join(dir, file), at, at % 8);
      const { parts } = await mended(t, dir);
      t.equal(
        parts.reduce((sum, part) => sum + part.losses.length, 0),
        0,
        `${file} byte ${at}`,
      );
      if (at === step && file.startsWith('blocks')) t.same(await contentOf(t, dir), content);
    }
  }
});

function zero(path: string, at: number, bytes: number): void {
  fill(path, at, { bytes, by: 0 });
}

function fill(path: string, at: number, { bytes, by }: { bytes: number; by: number }): void {
  const content = readFileSync(path);
  content.fill(by, at, Math.min(content.length, at + bytes));
  writeFileSync(path, content);
}

t.test('repairDirectory() loses of a block only what was hit, and says so', async (t) => {
  const table = largest(`blocks/${first}`, '.ldb');
  const size = statSync(join(whole, table)).size;
  for (let at = 0; at < size; at += Math.floor(size / 5)) {
    const dir = copyOf(t, whole);
    zero(join(dir, table), at, 40);
    const { report, lost, told } = await repaired(t, dir);
    const part = report.parts.find(({ name }) => name === `blocks/${first}`);
    t.match(part?.deed, /^written anew as blocks\/\d+$|^taken out/, `byte ${at}`);
    t.ok(existsSync(join(dir, `${part?.keptAs}`, 'CURRENT')), `byte ${at}: original kept`);
    t.equal(lost, told, `byte ${at}: ${lost} samples lost`);
    t.equal(told > 0, (part?.losses.length ?? 0) > 0);
  }
});

t.test(
  'repairDirectory() saves a block that lost CURRENT, MANIFEST or the end of a table',
  async (t) => {
    const dir = copyOf(t, whole);
    const block = join(dir, 'blocks', first);
    for (const name of readdirSync(block)) if (/^(CURR|MANI)/.test(name)) rmSync(join(block, name));
    t.equal((await repaired(t, dir)).lost, 0);
    const cut = copyOf(t, whole);
    const table = largestFile(join(cut, 'blocks', second), '.ldb');
    truncateSync(table, statSync(table).size - 60);
    t.equal((await repaired(t, cut)).lost, 0);
  },
);

t.test('repairDirectory() takes a directory that is not there out of the manifest', async (t) => {
  const dir = copyOf(t, whole);
  rmSync(join(dir, 'blocks', first), { recursive: true });
  const { lost, told } = await repaired(t, dir);
  t.equal(lost, 90 * 90 + 12 * 20);
  t.equal(told, lost);
});

t.test('repairDirectory() takes damage out of the middle of the log', async (t) => {
  const dir = copyOf(t, whole);
  const segment = largestFile(join(dir, 'wal'), '');
  zero(segment, Math.floor(statSync(segment).size / 2), 30);
  const { report, lost } = await repaired(t, dir);
  t.ok(lost > 0 && lost <= 240, `${lost} samples lost`);
  const wal = report.parts.find(({ kind }) => kind === 'wal');
  t.match(wal?.losses, [{ from: /bytes of wal/, minTimeMs: Number, maxTimeMs: Number }]);
  t.ok(existsSync(join(dir, `${wal?.keptAs}`)));
});

t.test(
  'repairDirectory() rebuilds a manifest that is damaged or lost from the directories',
  async (t) => {
    const damages: ((path: string) => void)[] = [
      // Zeros at the end of the file would be what a crash leaves of a write.
      (path) => fill(path, 80, { bytes: 200, by: 0x5a }),
      (path) => zero(path, 0, 40),
      (path) => rmSync(path),
    ];
    for (const [i, damage] of damages.entries()) {
      const dir = copyOf(t, whole);
      damage(join(dir, 'MANIFEST.log'));
      const report = await mended(t, dir);
      if (i === 1) t.same(await contentOf(t, dir), content);
      t.match(report.parts[0]?.deed, /rebuilt with 2 directories/);
    }
    const dir = copyOf(t, whole);
    rmSync(join(dir, 'MANIFEST.log'));
    rmSync(join(dir, 'MANIFEST.head'));
    await t.rejects(repairDirectory(dir, NOW_MS), { code: 'hash-key-lost' });
  },
);

t.test('repairDirectory() keeps the rest of the rules when some are hit', async (t) => {
  const dir = copyOf(t, whole);
  const log = largestFile(join(dir, 'meta'), '.log');
  zero(log, 200, 60);
  rmSync(join(dir, 'meta', 'CURRENT'));
  await repaired(t, dir);
});

t.test(
  'repairDirectory() changes nothing in a dry run, and keeps nothing if told so',
  async (t) => {
    const dir = copyOf(t, whole);
    const table = largestFile(join(dir, 'blocks', first), '.ldb');
    zero(table, 1000, 40);
    const before = readdirSync(dir, { recursive: true }).sort();
    const { parts } = await repairDirectory(dir, NOW_MS, { isDryRun: true });
    t.match(parts.map(({ deed }) => deed).join(), /would be written anew/);
    t.same(readdirSync(dir, { recursive: true }).sort(), before);
    await repairDirectory(dir, NOW_MS, { deletesOriginals: true });
    t.notOk(existsSync(join(dir, 'quarantined')));
    t.ok((await verifyDirectory(dir)).isIntact);
  },
);

/** Files that fail at the n-th call that changes something, and at all after it. */
function failingAfter(calls: number): { files: Files; left: () => number } {
  let left = calls;
  const step = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      if (left-- <= 0) throw new Error('killed');
      return call(...args);
    };
  };
  const files: Files = {
    ...nodeFiles,
    open(path, mode) {
      if (mode !== 'read' && left-- <= 0) throw new Error('killed');
      return nodeFiles.open(path, mode);
    },
    rename: step(nodeFiles.rename),
    link: step(nodeFiles.link),
    remove: step(nodeFiles.remove),
    makeDirectory: step(nodeFiles.makeDirectory),
    syncDirectory: step(nodeFiles.syncDirectory),
  };
  return { files, left: () => left };
}

t.test('repairDirectory() goes on where it was killed, at any step', async (t) => {
  const hit = copyOf(t, whole);
  zero(largestFile(join(hit, 'blocks', first), '.ldb'), 1000, 40);
  zero(largestFile(join(hit, 'wal'), ''), 3000, 30);
  flipBit(join(hit, 'MANIFEST.log'), 150);
  rmSync(join(hit, 'meta', 'CURRENT'));
  const once = copyOf(t, hit);
  await repairDirectory(once, NOW_MS);
  const expected = await contentOf(t, once);
  let killed = true;
  for (let calls = 1; killed; calls += 9) {
    const dir = copyOf(t, hit);
    const { files, left } = failingAfter(calls);
    await repairDirectory(dir, NOW_MS, { files }).catch(() => undefined);
    killed = left() < 0;
    // A killed process is not there any more; this one is.
    rmSync(join(dir, 'LOCK'), { force: true });
    await repairDirectory(dir, NOW_MS);
    t.ok((await verifyDirectory(dir)).isIntact, `killed after ${calls} calls`);
    if (calls % 4 === 1) t.same(await contentOf(t, dir), expected);
  }
});
