/**
 * `mon up` stops cleanly while a query runs and a scrape waits; a second signal ends it at once.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { eventually, instant, startMon } from './started-mon.ts';

/** Reads nothing and takes long: 5000 steps, each sorting 60,480 of its own. */
const SLOW_QUERY = 'quantile_over_time(0.5, (vector(1) * on () vector(time()))[7d:10s])';

/** Longer than a second signal counts as the first one's echo. */
const NOT_AN_ECHO_MS = 700;

t.setTimeout(100_000);

/** A target that takes the connection and never answers. */
async function silentTarget(t: Test) {
  let scrapes = 0;
  const server = createServer(() => {
    scrapes++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, scrapes: () => scrapes };
}

async function busyMon(t: Test) {
  const target = await silentTarget(t);
  const dir = t.testdir({
    'mon.yml': `global: { scrape_interval: 11s, scrape_timeout: 10s }
agent: { statsd: { listen: "127.0.0.1:0" } }
scrape_configs:
- job_name: silent
  static_configs: [{ targets: ["127.0.0.1:${target.port}"] }]
`,
  });
  const mon = await startMon({ args: ['up', '--no-top', '--config', 'mon.yml'], dir });
  await eventually('a scrape', async () => (target.scrapes() > 0 ? true : undefined));
  const range = new URLSearchParams({ query: SLOW_QUERY, start: '0', end: '49990', step: '10' });
  const answered = fetch(`${mon.url}/api/v1/query_range?${range}`)
    .then(async (answer) => `${answer.status} ${await answer.text()}`)
    .catch(String);
  await eventually('a running query', async () => {
    const page = await (await fetch(`${mon.url}/metrics`)).text();
    return /^mon_query_running [1-9]/m.test(page) ? true : undefined;
  });
  return { mon, answered };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`mon up stops cleanly at ${signal} with a query and a scrape under way`, async (t) => {
    const { mon, answered } = await busyMon(t);
    const startedMs = performance.now();
    t.equal(await mon.stop(signal), 0, mon.errors());
    t.comment(`stopped after ${Math.round(performance.now() - startedMs)} ms`);
    t.match(await answered, /^503 .*"closing"/, 'the query was told');
    const again = await startMon({ args: ['server'], dir: mon.dir });
    const [sample] = await instant(again.url, 'count(last_over_time(node_load1[1h]))');
    t.equal(sample?.value[1], '1', 'what was collected is there');
    await again.stop();
  });
}

t.test('a second SIGINT ends mon up at once', async (t) => {
  const { mon, answered } = await busyMon(t);
  const ended = mon.stop('SIGINT');
  await delay(NOT_AN_ECHO_MS);
  mon.process.kill('SIGINT');
  const code = await ended;
  t.equal(code, 130);
  await answered;
});
