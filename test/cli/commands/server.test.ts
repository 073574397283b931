import { join } from 'node:path';
import t from 'tap';
import { runMon } from '../run-mon.ts';
import { startedMon } from '../started-mon.ts';

const READY =
  /^mon server is ready at (http:\/\/127\.0\.0\.1:\d+), data in (.+)\. Ctrl-C stops it\.$/;

/** Starts `mon server` on a free port. */
function startServer(dir: string) {
  return startedMon(['server', '--data-dir', join(dir, 'data'), '--listen', '127.0.0.1:0'], dir);
}

t.test('mon server prints where it is ready and ends cleanly on a signal', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const dir = t.testdir();
    const { line, url, stop } = await startServer(dir);
    t.match(line, READY);
    t.equal(READY.exec(line)?.[2], join(dir, 'data'));
    const ready = await fetch(`${url}/-/ready`);
    t.equal(ready.status, 200);
    await ready.text();
    t.same(await stop(signal), [0, null], `${signal}: exit code`);
  }
});

t.test('mon server refuses what it cannot serve in one line', async (t) => {
  const { url, stop } = await startServer(t.testdir());
  const taken = url.replace('http://', '');
  for (const [flags, pattern] of [
    [`--listen ${taken}`, /another program listens there already/],
    ['--listen 0.0.0.0:0', /add --insecure-no-auth/],
    ['--listen nowhere', /HOST:PORT/],
    ['--shards none', /--shards: Expected an integer/],
    ['--retention never', /Write it like 450d/],
    ['--config missing.yml', /missing\.yml/],
  ] as const) {
    const { code, stdout, stderr } = await runMon(['server', ...flags.split(' ')], {
      cwd: t.testdir(),
    });
    t.equal(code, 1, flags);
    t.equal(stdout, '', flags);
    t.match(stderr, pattern);
    t.match(stderr, /^Error: .+ Try this: .+\n$/, flags);
  }
  await stop('SIGTERM');
});

t.test('mon server shows all mistakes of its configuration at once', async (t) => {
  const dir = t.testdir({ 'mon.yml': 'servr: {}\nglobal:\n  scrape_interval: soon\n' });
  const { code, stderr } = await runMon(['server', '--config', 'mon.yml'], { cwd: dir });
  t.equal(code, 1);
  t.match(stderr, /mon\.yml:1:1: .*servr.*server/);
  t.match(stderr, /mon\.yml:3:20: global\.scrape_interval/);
  t.match(stderr, /\nTry this: /);
});
