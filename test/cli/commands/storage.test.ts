/**
 * `mon storage stats | verify | repair` against a real server and on its directory afterwards.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runMon } from '../run-mon.ts';
import { startedMon } from '../started-mon.ts';

t.test(
  'mon storage works on a server that is up, and on its directory when it is down',
  async (t) => {
    const cwd = t.testdir({});
    const server = await startedMon(
      ['server', '--data-dir', 'data', '--listen', '127.0.0.1:0'],
      cwd,
    );
    t.teardown(() => server.stop('SIGKILL'));
    const now = Math.floor(Date.now() / 1000);
    const metrics = Array.from({ length: 20 }, (_, i) => ({
      name: i < 15 ? 'http_requests_total' : 'up',
      type: 'gauge',
      value: i,
      timestamp: now,
      tags: { host: `host-${i}` },
    }));
    await fetch(`${server.url}/api/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metrics }),
    });
    await fetch(`${server.url}/-/flush`, { method: 'POST' });
    const dir = ['--data-dir', join(cwd, 'data')];

    const online = await runMon(['storage', 'verify', '--server', server.url]);
    t.equal(online.code, 0, online.stderr);
    t.match(online.stdout, /blocks\/0+\d +\S+ KiB +20 +20 .* ok\n/);
    t.match(online.stdout, /all intact/);
    const stats = await runMon(['storage', 'stats', '--server', server.url]);
    t.match(stats.stdout, /PLACE +SIZE +SHARE/);
    t.match(stats.stdout, /http_requests_total +15 +15 /);
    t.match(stats.stdout, /host +20 /);
    t.ok(stats.stdout.split('\n').every((line) => line.length <= 80));
    const taken = await runMon(['storage', 'repair', ...dir]);
    t.equal(taken.code, 1);
    t.match(taken.stderr, /process \d+ .* holds it.*Stop the server that runs there/s);
    t.match((await runMon(['storage', 'verify', ...dir])).stderr, /Leave --data-dir out/);

    await server.stop('SIGTERM');
    const [block = ''] = readdirSync(join(cwd, 'data/blocks'));
    rmSync(join(cwd, 'data/blocks', block, 'CURRENT'));
    const verified = await runMon(['storage', 'verify', ...dir]);
    t.equal(verified.code, 1);
    t.match(verified.stdout, /DAMAGED\n.*problem +CURRENT: it is missing.*lost +nothing/s);
    t.match(verified.stderr, /mon storage repair/);
    const offline = await runMon(['storage', 'stats', ...dir, '-o', 'json', '--top', '1']);
    t.match(JSON.parse(offline.stdout), { topMetrics: [{ metric: 'http_requests_total' }] });
    const dry = await runMon(['storage', 'repair', ...dir, '--dry-run']);
    t.match(dry.stdout, /would be written anew.*dry run, nothing is changed/s);
    const repaired = await runMon(['storage', 'repair', ...dir, '-o', 'json']);
    t.equal(repaired.code, 0, repaired.stderr);
    t.match(JSON.parse(repaired.stdout), { wasDamaged: true, isDryRun: false });
    const again = await runMon(['storage', 'verify', ...dir]);
    t.equal(again.code, 0);
    t.match((await runMon(['storage', 'verify', '--data-dir', cwd])).stderr, /data directory/);
  },
);
