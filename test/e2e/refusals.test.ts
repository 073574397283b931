/**
 * What a started mon refuses, and how: exit codes, one clear line, nothing harmed.
 */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { instant, runMon, startMon } from './started-mon.ts';

const LINES_MAX = 4;

/** An error as product.md wants it: few lines, a mend, no stack. */
function isClear(text: string): boolean {
  const lines = text.trim().split('\n');
  return lines.length <= LINES_MAX && /Try this:/.test(text) && !/^\s+at /m.test(text);
}

t.test('a second server on the same data directory names who holds it', async (t) => {
  const mon = await startMon({ args: ['server'] });
  t.teardown(async () => {
    await mon.stop();
    mon.remove();
  });
  const second = await runMon(
    ['server', '--data-dir', join(mon.dir, 'data'), '--listen', '127.0.0.1:0'],
    mon.dir,
  );
  t.equal(second.code, 1);
  t.match(second.stderr, String(mon.process.pid));
  t.ok(isClear(second.stderr), second.stderr);
  t.same(await instant(mon.url, 'vector(1)').then((found) => found[0]?.value[1]), '1');
});

t.test('a taken port, an address without authentication, bad flags', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const dir = t.testdir();
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['port taken', ['server', '--listen', `127.0.0.1:${port}`]],
    ['every address', ['server', '--listen', '0.0.0.0:0']],
    ['no address', ['server', '--listen', 'here']],
    ['retention', ['server', '--retention', 'soon']],
    ['unknown flag', ['server', '--data-dri', 'x']],
    ['unknown command', ['qeury', 'up']],
    ['data directory is a file', ['server', '--data-dir', '/dev/null']],
    ['missing config', ['server', '--config', join(dir, 'missing.yml')]],
  ];
  for (const [title, args] of cases) {
    const outcome = await runMon(args, dir);
    t.equal(outcome.code, 1, `${title}: exit code`);
    t.ok(isClear(outcome.stderr), `${title}: ${outcome.stderr}`);
  }
});

t.test('an unreachable server is exit code 3', async (t) => {
  const outcome = await runMon(['query', 'up', '--server', 'http://127.0.0.1:1']);
  t.equal(outcome.code, 3);
  t.ok(isClear(outcome.stderr), outcome.stderr);
});

t.test('a configuration shows all its mistakes at once', async (t) => {
  const dir = t.testdir({
    'mon.yml':
      'global:\n  scrape_intervall: 15s\nscrape_config:\n- job_name: x\nserver: { retention: soon }\n',
  });
  const outcome = await runMon(['config', 'check', join(dir, 'mon.yml')]);
  t.equal(outcome.code, 1);
  for (const wanted of [/mon\.yml:2:3/, /scrape_interval'/, /mon\.yml:3:1/, /mon\.yml:5:/]) {
    t.match(outcome.stdout + outcome.stderr, wanted);
  }
});
