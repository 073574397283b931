/**
 * A full disk, on a small tmpfs: needs the right to mount one (root), and is skipped without.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@mon/storage/database';
import { DISK_PROBE_MS } from '@mon/storage/maintenance/disk-guard';
import { MonError } from '@mon/storage/model/error';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t, { type Test } from 'tap';
import {
  asBody,
  databaseOptions,
  NOW_MS,
  readAll,
  recordingLog,
  type SeriesEntry,
} from '../database-fixture.ts';

const SIZE_MB = 48;

/** A small file system of its own; undefined without the right to make one. */
function smallDisk(t: Test): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'mon-full-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', dir]);
  const isMounted = mount.status === 0;
  t.teardown(() => {
    if (isMounted) spawnSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return isMounted ? dir : undefined;
}

/** Takes all room that is left. */
function fill(path: string): void {
  for (const chunkBytes of [1024 * 1024, 4096]) {
    for (;;) {
      try {
        writeFileSync(path, Buffer.alloc(chunkBytes), { flag: 'a', flush: false });
      } catch {
        break;
      }
    }
  }
}

/** Waits for what another thread does; the test's time is the limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

function scrape(step: number): SeriesEntry[] {
  return Array.from(
    { length: 200 },
    (_, i): SeriesEntry => [
      { __name__: 'full', series: `${i}`, padding: 'x'.repeat(100) },
      [NOW_MS + step, step],
    ],
  );
}

t.test('a full disk refuses writes, lets reads go on, and writes resume', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) {
    t.comment('skipped: needs the right to mount a tmpfs, run as root');
    return;
  }
  const dir = join(disk, 'mon-data');
  const junk = join(disk, 'junk');
  const clock = new ManualClock(NOW_MS);
  const lines: string[] = [];
  const options = databaseOptions(dir, { clock, shards: 2, log: recordingLog(lines) });
  let database = await openDatabase(options);
  await clock.advance(DISK_PROBE_MS);
  // At most 1 % of the file system.
  const ballastBytes = Math.floor(SIZE_MB * 1024 * 1024 * 0.01);
  const ballast = () => statSync(join(dir, 'ballast'), { throwIfNoEntry: false })?.size ?? 0;
  await until(() => ballast() === ballastBytes);

  const acknowledged: number[] = [];
  /** Appends until the disk is full; answers the error. */
  const appendUntilFull = async (from: number): Promise<unknown> => {
    for (let step = from; ; step++) {
      try {
        await database.append(asBody(scrape(step)));
        acknowledged.push(step);
      } catch (error) {
        return error;
      }
    }
  };
  const check = async (what: string) => {
    const found = await readAll(database);
    t.equal(Object.keys(found).length, 200, what);
    const samples = Object.values(found)[7] ?? [];
    t.same(
      samples,
      acknowledged.map((step) => [NOW_MS + step, step]),
      what,
    );
  };

  await database.append(asBody(scrape(0)));
  acknowledged.push(0);
  fill(junk);
  const full = await appendUntilFull(1);
  t.ok(full instanceof MonError && full.code === 'disk-full' && full.retryable, `${full}`);
  t.ok(database.stats().diskFull);
  await check('reads go on');
  await t.rejects(database.append(asBody(scrape(500))), { code: 'disk-full' });
  await clock.advance(3 * DISK_PROBE_MS);
  t.ok(database.stats().diskFull, 'nothing has changed: still full');

  fill(junk);
  await database.close();
  database = await openDatabase(options);
  await check('a start on the full disk comes up');
  const again = await appendUntilFull(600);
  t.ok(again instanceof MonError && again.code === 'disk-full', `${again}`);
  await check('and refuses writes');
  fill(junk);
  await t.rejects(database.flush(), { code: 'disk-full' });
  await check('a flush that fails harms nothing');

  rmSync(junk);
  await clock.advance(DISK_PROBE_MS);
  await until(() => !database.stats().diskFull);
  await database.append(asBody(scrape(1000)));
  acknowledged.push(1000);
  await check('after writes resumed');
  await database.flush();
  await check('after a flush');
  t.equal(ballast(), ballastBytes, 'the ballast is whole again');
  await database.close();
  database = await openDatabase(options);
  await check('after reopening');
  await database.close();
  t.match(lines.join(' '), /the disk is full.*there is room on the disk again/);
});
