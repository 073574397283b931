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
agent: { statsd: { enabled: false } }
`,
  });
  const agent = await startedMon(['agent', 'run', '--config', 'agent.yml'], dir);
  t.match(agent.line, `mon agent runs and sends to ${api.url}/api/v1/write. Ctrl-C stops it.`);
  await isHeard;
  t.equal(api.asked[0]?.headers['content-encoding'], 'snappy');

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
