/**
 * Commands against a real `mon server`: what the fake API of the other tests only plays.
 */
import t from 'tap';
import { runMon } from './run-mon.ts';
import { startedMon } from './started-mon.ts';

const RULES = `groups:
- name: shop
  interval: 1s
  rules:
  - alert: Busy
    expr: http_requests_total > 0
    labels: { severity: warning }
    annotations: { summary: "{{ $labels.host }} has {{ $value }}" }
`;
const POLL_MAX = 100;

t.test('mon query, status, rules, alerts and jobs against a real server', async (t) => {
  const cwd = t.testdir({ 'rules.yml': RULES });
  const server = await startedMon(['server', '--data-dir', 'data', '--listen', '127.0.0.1:0'], cwd);
  t.teardown(() => server.stop('SIGKILL'));
  const mon = (...args: readonly string[]) => runMon([...args, '--server', server.url], { cwd });
  const now = Math.floor(Date.now() / 1000);
  const metrics = [0, 15, 30, 45].flatMap((age) =>
    ['a', 'b'].map((host) => ({
      name: 'http_requests_total',
      type: 'counter',
      value: 1000 - age,
      timestamp: now - age,
      tags: { host },
    })),
  );
  const answer = await fetch(`${server.url}/api/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metrics: metrics.reverse() }),
  });
  t.match(await answer.json(), { status: 'success', rejected: 0 });

  const table = await mon('query', 'http_requests_total', '--time', String(now));
  t.match(table.stdout, /^METRIC +HOST +VALUE\nhttp_requests_total +a +1000\n/);
  const sum = await mon('query', 'sum(http_requests_total)', '--time', String(now), '-o', 'json');
  t.match(JSON.parse(sum.stdout), { resultType: 'vector', result: [{ value: [now, '2000'] }] });
  const range = ['--start', String(now - 45), '--end', String(now), '--step', '15s'];
  const graph = await mon('query', 'http_requests_total', ...range, '--graph');
  t.match(graph.stdout, /┤.*[⠁-⣿]/);
  t.match(graph.stdout, /last 1k +min 955 +max 1k/);
  const wrong = await mon('query', 'rate(http_requests_total)');
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /\n {2}rate\(http_requests_total\)\n {7}\^{19}\nTry this: /);

  t.equal((await mon('rules', 'diff', 'rules.yml')).code, 2);
  t.equal((await mon('rules', 'apply', 'rules.yml', '--yes')).code, 0);
  t.equal((await mon('rules', 'diff', 'rules.yml')).code, 0);
  t.match((await mon('rules', 'list')).stdout, /set\/default .* Busy /);
  let alerts = { code: 0 as number | null, stdout: '', stderr: '' };
  for (let i = 0; i < POLL_MAX && !alerts.stdout.includes('firing'); i++) {
    alerts = await mon('alerts', 'list');
  }
  t.match(alerts.stdout, /^firing +Busy +warning .* host=a +a has 1000$/m);

  const status = JSON.parse((await mon('status', '-o', 'json')).stdout);
  t.match(status, { head_series: Number, alerts_firing: 2, disk_full: false });
  t.match(JSON.parse((await mon('compact', 'run', '-o', 'json')).stdout), { job: 'compact' });
  t.match(JSON.parse((await mon('retention', 'run', '-o', 'json')).stdout), { job: 'retention' });
  const taken = await runMon(['compact', 'run', '--data-dir', 'data'], { cwd });
  t.equal(taken.code, 1);
  t.match(taken.stderr, /^Error: .* holds it since .* Try this: Leave --data-dir out.*\n$/);
  t.same(await server.stop('SIGTERM'), [0, null]);
  const offline = await runMon(['compact', 'run', '--data-dir', 'data', '-o', 'json'], { cwd });
  t.match(JSON.parse(offline.stdout), { job: 'compact' }, 'with the server down');
});
