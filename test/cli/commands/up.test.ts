import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { runMon } from '../run-mon.ts';
import { startedMon } from '../started-mon.ts';

const POLL_MS = 100;

/** Asks until a series is there. */
async function untilQueried(url: string, query: string): Promise<number> {
  for (;;) {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { data } = (await answer.json()) as { data: { result: readonly unknown[] } };
    if (data.result.length > 0) return data.result.length;
    await delay(POLL_MS);
  }
}

t.test('mon up serves this host and ends cleanly', async (t) => {
  const dir = t.testdir();
  const mon = await startedMon(['up', '--listen', '127.0.0.1:0', '--data-dir', 'data'], dir);
  t.match(mon.line, /^mon is ready at http:\/\/127\.0\.0\.1:\d+.* data in .+\. Ctrl-C stops it\.$/);
  t.ok(await untilQueried(mon.url, 'node_load1'), 'host metrics arrive');
  t.same(await mon.stop('SIGINT'), [0, null]);
});

t.test('mon up says that it has stopped, and where what it collected is', async (t) => {
  const args = ['up', '--listen', '127.0.0.1:0', '--data-dir', 'data'];
  const { code, stdout } = await runMon(args, { cwd: t.testdir(), signal: 'SIGTERM' });
  t.equal(code, 0);
  t.match(stdout, /^mon is ready at .*\nmon has stopped\. Data in .*\/data\.\n$/);
});

t.test('mon up goes on without StatsD where its port is taken, and says so', async (t) => {
  const dir = t.testdir();
  writeFileSync(join(dir, 'a.yml'), 'agent: { statsd: { listen: "127.0.0.1:0" } }\n');
  const first = await startedMon(
    ['up', '--no-top', '--listen', '127.0.0.1:0', '--data-dir', 'a', '--config', 'a.yml'],
    dir,
  );
  const taken = /StatsD on ([\d.:]+),/.exec(first.line)?.[1] ?? '';
  t.not(taken, '', first.line);
  writeFileSync(join(dir, 'b.yml'), `agent: { statsd: { listen: "${taken}" } }\n`);
  const second = await startedMon(
    ['up', '--no-top', '--listen', '127.0.0.1:0', '--data-dir', 'b', '--config', 'b.yml'],
    dir,
  );
  t.match(second.errors(), /^Warning: StatsD is not taken: .*another program listens there/m);
  t.notMatch(second.line, ', StatsD on');
  t.same(await second.stop('SIGTERM'), [0, null]);
  t.same(await first.stop('SIGTERM'), [0, null]);
});

t.test('mon up shows all mistakes of a configuration, of agent and server alike', async (t) => {
  const dir = t.testdir({
    'mon.yml': `server: { retention: never }
scrape_configs: [{ job_nam: x }]
rule_files: [rules.yml]
`,
    'rules.yml': 'groups: [{ name: a, rules: [{ record: x, expr: "sum(" }] }]\n',
  });
  const { code, stderr } = await runMon(['up', '--no-top', '--config', 'mon.yml'], { cwd: dir });
  t.equal(code, 1);
  t.match(stderr, /mon\.yml:1:\d+: server\.retention/);
  t.match(stderr, /mon\.yml:2:\d+: scrape_configs\[0\].*job_nam.*job_name/);
  writeFileSync(join(dir, 'mon.yml'), 'rule_files: [rules.yml]\n');
  const rules = await runMon(['up', '--no-top', '--config', 'mon.yml'], { cwd: dir });
  t.equal(rules.code, 1);
  t.match(rules.stderr, /rules\.yml:1:\d+: groups\[0\]\.rules\[0\]\.expr: .*parenthesis/);
});
