/**
 * A full disk: writes are refused with 503, reads go on, a restart while full comes up, and writes
 * resume by themselves when there is room. Needs root, for a small tmpfs; skips saying so.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventually, instant, startMon } from './started-mon.ts';

const DISK_MB = 48;
const RESUME_MS = 60_000;

function mountSmallDisk(dir: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', dir], {
      stdio: 'pipe',
    });
    return true;
  } catch {
    return false;
  }
}

async function push(url: string, value: number): Promise<number> {
  const metrics = Array.from({ length: 500 }, (_, i) => ({
    name: 'disk_fill',
    value: value + i / 7,
    tags: { series: String(i), padding: 'x'.repeat(500) },
  }));
  const answer = await fetch(`${url}/api/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metrics }),
  });
  await answer.text();
  return answer.status;
}

/** Writes until there is no room left. */
function fill(path: string): void {
  const block = Buffer.alloc(64 * 1024);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch (full) {
    if ((full as NodeJS.ErrnoException).code !== 'ENOSPC') throw full;
  }
}

const skip = process.getuid?.() === 0 ? false : 'needs root, for a small tmpfs';

t.test('a full disk refuses writes, loses nothing, and heals', { skip }, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'mon-full-disk-'));
  if (!mountSmallDisk(disk)) {
    t.pass('skipped: mounting a small tmpfs is not permitted here');
    return;
  }
  t.teardown(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  let mon = await startMon({ args: ['server'], dir: disk });
  t.teardown(() => mon.stop('SIGKILL'));
  t.equal(await push(mon.url, 0), 200, 'a write while there is room');

  await eventually('the ballast, made a while after the start', async () =>
    existsSync(join(disk, 'data', 'ballast')) ? true : undefined,
  );
  fill(join(disk, 'filler'));
  const refused = await eventually('a refused write', async () => {
    const status = await push(mon.url, Math.random());
    return status === 200 ? undefined : status;
  });
  t.equal(refused, 503);
  const count = async () => (await instant(mon.url, 'count(disk_fill)'))[0]?.value[1];
  t.equal(await count(), '500', 'reads go on');

  fill(join(disk, 'filler'));
  await mon.stop('SIGKILL');
  mon = await startMon({ args: ['server'], dir: disk });
  t.equal(await count(), '500', 'a restart while full reads');

  rmSync(join(disk, 'filler'));
  await eventually(
    'writes resume',
    async () => {
      return (await push(mon.url, Math.random())) === 200 ? true : undefined;
    },
    RESUME_MS,
  );
  t.equal(await count(), '500');
  await mon.stop();
});
