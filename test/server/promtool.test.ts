/**
 * Prometheus's own command-line client against a started server; skipped where it is not installed.
 */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { NOW_MS, startTestServer, writeBody } from './running-server.ts';

const run = promisify(execFile);
const isInstalled = spawnSync('promtool', ['--version']).error === undefined;
const skip = isInstalled ? false : 'promtool is not on PATH (apt-get install prometheus)';

const NOW_S = NOW_MS / 1000;
const time = (seconds: number): string => new Date(seconds * 1000).toISOString();

async function promtool(...args: string[]): Promise<string> {
  const { stdout } = await run('promtool', args);
  return stdout;
}

t.test('promtool queries a server', { skip }, async (t) => {
  const server = await startTestServer(t);
  const body = writeBody(
    ['a', 'b'].map((job, n) => ({
      labels: { __name__: 'up', job },
      samples: [2, 1, 0].map((i): [number, number] => [NOW_MS - i * 60_000, n + i]),
    })),
  );
  t.equal((await server.write(body)).status, 204);

  t.test('instant', async (t) => {
    const text = await promtool('query', 'instant', `--time=${time(NOW_S)}`, server.url, 'up');
    t.match(text, `up{job="a"} => 0 @[${NOW_S}]`);
    t.match(text, `up{job="b"} => 1 @[${NOW_S}]`);
    const scalar = await promtool('query', 'instant', `--time=${time(NOW_S)}`, server.url, '1/0');
    t.match(scalar, `scalar: +Inf @[${NOW_S}]`);
  });

  t.test('range', async (t) => {
    const range = [`--start=${time(NOW_S - 120)}`, `--end=${time(NOW_S)}`, '--step=1m'];
    const text = await promtool('query', 'range', ...range, server.url, 'sum(up)');
    for (const [i, sum] of [5, 3, 1].entries()) t.match(text, `${sum} @[${NOW_S - 120 + i * 60}]`);
  });

  t.test('series and labels', async (t) => {
    const range = [`--start=${time(NOW_S - 120)}`, `--end=${time(NOW_S)}`];
    const series = await promtool('query', 'series', '--match=up', ...range, server.url);
    t.same(series.trim().split('\n'), ['{__name__="up", job="a"}', '{__name__="up", job="b"}']);
    const labels = await promtool('query', 'labels', ...range, server.url, 'job');
    t.same(labels.trim().split('\n'), ['a', 'b']);
  });

  t.test('errors', async (t) => {
    const failed = promtool('query', 'instant', server.url, 'sum(');
    const stderr = await failed.catch((thrown: { stderr: string }) => thrown.stderr);
    t.match(stderr, /bad_data.*parse error/s);
  });
});
