import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startFakeApi } from '../../fake-api.ts';
import { runMon } from '../../run-mon.ts';
import { startedMon } from '../../started-mon.ts';

t.test('mon agent run sends what it collects and ends cleanly', async (t) => {
  let heard: () => void = () => {};
  const isHeard = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const api = await startFakeApi({
    'POST /api/v1/write': () => {
      heard();
      return { status: 204, body: '' };
    },
  });
  t.teardown(() => api.close());
  const dir = t.testdir({
    'agent.yml': `
remote_write: [{ url: "${api.url}/api/v1/write" }]
scrape_configs:
  - { job_name: nobody, scrape_interval: 1h, static_configs: [{ targets: ['127.0.0.1:1'] }] }
  - job_name: dropped
    static_configs: [{ targets: ['127.0.0.1:2'] }]
    relabel_configs: [{ action: drop, regex: '.*', source_labels: [job] }]
agent: { statsd: { enabled: false } }
`,
  });
  const agent = await startedMon(['agent', 'run', '--config', 'agent.yml'], dir);
  t.match(agent.line, `mon agent runs and sends to ${api.url}/api/v1/write. Ctrl-C stops it.`);
  await isHeard;
  t.equal(api.asked[0]?.headers['content-encoding'], 'snappy');

  const ask = (line: string) =>
    runMon([...line.split(' '), '--spool-dir', 'mon-agent'], { cwd: dir });
  const status = await ask('agent status -o json');
  t.equal(status.code, 0, status.stderr);
  t.match(JSON.parse(status.stdout), { host_metrics: true, statsd: '', targets_unknown: 1 });
  const targets = await ask('agent targets -o json');
  t.match(JSON.parse(targets.stdout), [{ job: 'nobody', url: 'http://127.0.0.1:1/metrics' }]);
  const dropped = await ask('agent targets --dropped');
  t.match(dropped.stdout, /^REASON +LABELS\n.*job=dropped/);

  writeFileSync(join(dir, 'agent.yml'), 'remote_write: nonsense\n');
  const reported = new Promise<void>((resolve) => {
    agent.child.stderr?.on('data', () => {
      if (/agent\.yml:1:\d+: remote_write/.test(agent.errors())) resolve();
    });
  });
  agent.child.kill('SIGHUP');
  await reported;
  t.pass('a reload with mistakes is reported, and the agent goes on');
  t.same(await agent.stop('SIGTERM'), [0, null]);
});

t.test('mon agent run refuses what it cannot run with', async (t) => {
  const cwd = t.testdir({ 'empty.yml': '', 'wrong.yml': 'scrape_configs: [{ job_nam: x }]' });
  for (const [line, pattern] of [
    ['agent run', /the flag --config is missing/],
    ['agent run --config missing.yml', /missing\.yml/],
    ['agent run --config empty.yml', /no remote_write/],
    ['agent run --config wrong.yml', /wrong\.yml:1:\d+: .*job_nam/],
  ] as const) {
    const { code, stderr } = await runMon(line.split(' '), { cwd });
    t.equal(code, 1, line);
    t.match(stderr, pattern);
    t.match(stderr, /Try this: /);
  }
});

t.test('mon agent status without an agent says so', async (t) => {
  for (const verb of ['status', 'targets']) {
    const { code, stderr } = await runMon(['agent', verb, '--spool-dir', t.testdir()]);
    t.equal(code, 1);
    t.match(stderr, /^Error: Cannot ask the agent: none runs on this host .+ Try this: .+\n$/);
  }
});

t.test('mon agent check shows what an agent would do, or every mistake', async (t) => {
  const cwd = t.testdir({
    'good.yml': 'remote_write: [{ url: http://h:9500/api/v1/write }]\n',
    'wrong.yml': 'remote_write: [{ ur: x }]\nagent: { hosts: {} }\n',
  });
  const good = await runMon(['agent', 'check', '--config', 'good.yml', '-o', 'json'], { cwd });
  t.equal(good.code, 0, good.stderr);
  t.match(JSON.parse(good.stdout), { host_metrics: true, sends_to: 'http://h:9500/api/v1/write' });
  const wrong = await runMon(['agent', 'check', 'wrong.yml'], { cwd });
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /wrong\.yml:1:\d+: remote_write\[0\]/);
  t.match(wrong.stderr, /wrong\.yml:2:\d+: agent.*hosts.*host/);
});
