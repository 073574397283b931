import t from 'tap';
import { startFakeApi, success } from '../../fake-api.ts';
import { runMon } from '../../run-mon.ts';

const ALERT = {
  state: 'firing',
  labels: { alertname: 'Down', severity: 'critical', instance: 'web-1' },
  annotations: { summary: 'web-1 is down' },
  activeAt: '2026-01-01T00:00:00Z',
  value: '+Inf',
  warnings: ['the receiver pagerduty is not configured'],
};
const GROUPS = [
  {
    name: 'host',
    file: 'rules.yml',
    owner: 'set/default',
    interval: 30,
    limit: 0,
    evaluationTime: 0.001,
    lastEvaluation: '2026-01-01T00:00:00Z',
    rules: [
      {
        type: 'alerting',
        name: 'Down',
        query: 'up == 0',
        labels: { severity: 'critical' },
        annotations: {},
        duration: 300,
        keepFiringFor: 0,
        state: 'firing',
        health: 'ok',
        evaluationTime: 0.0012,
        lastEvaluation: '2026-01-01T00:00:00Z',
        alerts: [ALERT],
      },
      {
        type: 'recording',
        name: 'job:up:sum',
        query: 'sum by (job) (up)',
        labels: {},
        health: 'err',
        lastError: 'many-to-many',
        evaluationTime: 0.5,
        lastEvaluation: '2026-01-01T00:00:00Z',
      },
    ],
  },
];

const api = await startFakeApi({
  'GET /api/v1/rules': () => success({ groups: GROUPS }),
  'GET /api/v1/alerts': () =>
    success({ alerts: [{ ...ALERT, state: 'pending', warnings: [] }, ALERT] }),
  'DELETE /api/v1/alerts/rules/alert-1': () => ({
    body: { status: 'success', rule_id: 'alert-1', message: 'Alert rule deleted successfully' },
  }),
});
t.teardown(() => api.close());
const mon = (line: string) => runMon([...line.split(' '), '--server', api.url]);

t.test('mon rules list shows owner, state and health', async (t) => {
  const { code, stdout } = await mon('rules list');
  t.equal(code, 0);
  t.equal(
    stdout,
    `
OWNER        FILE       GROUP  KIND       NAME        STATE   HEALTH     TOOK  LAST ERROR
set/default  rules.yml  host   alerting   Down        firing  ok      1.20 ms
set/default  rules.yml  host   recording  job:up:sum          err      500 ms  many-to-many
`.slice(1),
  );
  const firing = JSON.parse((await mon('rules list --state firing -o json')).stdout);
  t.match(firing, [{ name: 'Down', query: 'up == 0', labels: { severity: 'critical' } }]);
  t.equal(firing.length, 1);
  t.match((await mon('rules list --owner api')).stderr, /No rules/);
});

t.test('mon rules get shows one rule by name', async (t) => {
  const { stdout } = await mon('rules get Down -o json');
  t.match(JSON.parse(stdout), [{ owner: 'set/default', group: 'host', query: 'up == 0' }]);
  const missing = await mon('rules get Nothing');
  t.equal(missing.code, 1);
  t.match(missing.stderr, /See `mon rules list`/);
});

t.test('mon rules delete removes a rule of the JSON API', async (t) => {
  const removed = await mon('rules delete alert-1');
  t.equal(removed.code, 0);
  t.equal(removed.stderr, 'Removed the rule alert-1.\n');
});

t.test('mon alerts list shows firing alerts first, and what holds notifications up', async (t) => {
  const { stdout } = await mon('alerts list');
  const [header, first, second] = stdout.split('\n');
  t.match(header, /^STATE +ALERT +SEVERITY +ACTIVE AT +VALUE +LABELS +SUMMARY +WARNINGS$/);
  t.match(first, /^firing +Down +critical +\S+ ago +\+Inf +instance=web-1 +web-1 is down +the rec/);
  t.match(second, /^pending/);
  const json = JSON.parse((await mon('alerts list --state firing -o json')).stdout);
  t.match(json, [{ alert: 'Down', active_at: '2026-01-01T00:00:00Z', value: '+Inf' }]);
});
