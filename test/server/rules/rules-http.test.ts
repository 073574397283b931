import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WebhookPayload } from '@mon/server/alerting/receivers/webhook-payload';
import { resolveServerConfig } from '@mon/server/config/server-config';
import t, { type Test } from 'tap';
import { Hook } from '../alerting/alerting-bench.ts';
import { startTestServer, type TestServer } from '../running-server.ts';

const RULE = {
  name: 'HighCPUUsage',
  query: "avg(cpu_usage_percent{service='api'}) by (host) > 80",
  duration: '30s',
  severity: 'warning',
  labels: { team: 'platform' },
  annotations: {
    summary: 'High CPU usage on {{ $labels.host }}',
    description: 'CPU usage is {{ $value }}% (threshold: 80%)',
  },
};

async function write(server: TestServer, value: number): Promise<void> {
  const { json } = await server.postJson('/api/v1/metrics', {
    metrics: [
      {
        name: 'cpu_usage_percent',
        type: 'gauge',
        value,
        timestamp: server.clock.nowMs(),
        tags: { host: 'web-1', service: 'api' },
      },
    ],
  });
  if (json.status !== 'success') throw new Error(JSON.stringify(json));
}

/** Moves time on in steps, so that answers of sockets and shards come between. */
async function pass(server: TestServer, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    await server.clock.advance(1000);
    await server.ask('/-/ready');
  }
}

/**
 * Moves time on until something has happened: on a busy machine an answer of a shard may come after
 * the clock has passed the moment at which it would have set the next timer.
 */
async function passUntil(server: TestServer, condition: () => boolean): Promise<void> {
  for (let seconds = 0; !condition(); seconds++) {
    if (seconds > 3600) throw new Error('an hour of the clock was not enough');
    await pass(server, 1);
  }
}

/** Waits until a path answers so: evaluations go on while answers of sockets and shards travel. */
async function answers(server: TestServer, path: string, wanted: RegExp): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (wanted.test((await server.ask(path)).text)) return;
  }
  throw new Error(`${path} never answered ${wanted}`);
}

function put(server: TestServer, path: string, body: unknown, headers = {}) {
  return server.ask(path, { method: 'PUT', body: JSON.stringify(body), headers });
}

t.test('a rule of the JSON API fires, notifies a webhook and resolves', async (t) => {
  const hook = await Hook.start();
  t.teardown(() => hook.close());
  const server = await startTestServer(t, {
    yaml: `
global: {evaluation_interval: 10s, external_labels: {region: eu}}
server: {external_url: "https://mon.example/"}
alerting:
  route: {receiver: hook, group_by: [alertname], group_wait: 5s, group_interval: 20s}
  receivers:
  - name: hook
    webhook_configs: [{url: "${hook.url}"}]
`,
  });
  const created = await server.postJson('/api/v1/alerts/rules', RULE);
  t.equal(created.status, 200);
  t.same(created.json, {
    status: 'success',
    rule_id: 'alert-1',
    message: 'Alert rule created successfully',
  });
  await write(server, 91);
  await pass(server, 15);
  await answers(server, '/api/v1/alerts', /"state":"pending".*"value":"9.1e\+01"/);
  await pass(server, 50);
  await answers(server, '/api/v1/alerts', /CPU usage is 91% \(threshold: 80%\).*"state":"firing"/);
  await passUntil(server, () => hook.received.length === 1);
  const [payload] = hook.payloads() as [WebhookPayload];
  t.match(payload, {
    status: 'firing',
    externalURL: 'https://mon.example',
    groupKey: '{}:{alertname="HighCPUUsage"}',
    commonLabels: { host: 'web-1', severity: 'warning', team: 'platform' },
    commonAnnotations: { summary: 'High CPU usage on web-1' },
  });
  await answers(server, '/api/v1/query?query=ALERTS', /"alertstate":"firing","host":"web-1"/);
  await write(server, 12);
  await passUntil(server, () => hook.received.length === 2);
  t.match(hook.payloads()[1], { status: 'resolved' });
  await answers(server, '/api/v1/alerts', /"alerts":\[\]/);
  t.match((await server.ask('/api/v1/alerts/notifications')).json.data, {
    notifications: [
      { reason: 'all-resolved', outcome: 'delivered' },
      { reason: 'first-firing', receiver: 'hook' },
    ],
  });
});

t.test('rules of the JSON API are read, changed, paused and deleted', async (t) => {
  const server = await startTestServer(t);
  const { json } = await server.postJson('/api/v1/alerts/rules', {
    ...RULE,
    notifications: ['slack', 'pagerduty'],
  });
  t.match(json, { warnings: [/"slack" is not configured/, /"pagerduty" is not configured/] });
  const one = await server.ask('/api/v1/alerts/rules/alert-1');
  t.match(one.json.data, {
    ...RULE,
    rule_id: 'alert-1',
    active: true,
    created_at: '2025-01-02T12:00:00Z',
    state: 'inactive',
    warnings: [/slack/, /pagerduty/],
  });
  await pass(server, 60);
  const changed = await put(server, '/api/v1/alerts/rules/alert-1', { active: false });
  t.match(changed.json, { status: 'success', message: 'Alert rule updated successfully' });
  t.match((await server.ask('/api/v1/alerts/rules')).json.data, {
    rules: [{ active: false, duration: '30s', updated_at: '2025-01-02T12:01:00Z' }],
  });
  t.match((await server.ask('/api/v1/rules')).json.data, { groups: [] }, 'a paused rule runs not');
  const deleted = await server.ask('/api/v1/alerts/rules/alert-1', { method: 'DELETE' });
  t.equal(deleted.status, 200);
  const gone = await server.ask('/api/v1/alerts/rules/alert-1');
  t.equal(gone.status, 404);
  t.equal(gone.json.code, 'not-found');
  const next = await server.postJson('/api/v1/alerts/rules', RULE);
  t.equal(next.json['rule_id'], 'alert-2', 'ids are not given twice');
});

t.test('bad rules are refused with all that is wrong', async (t) => {
  const server = await startTestServer(t);
  const bad = await server.postJson('/api/v1/alerts/rules', {
    name: 'X',
    query: 'up >',
    severity: 'loud',
  });
  t.equal(bad.status, 400);
  t.match(bad.json, { code: 'bad-rule', error: /severity: must be one of/ });
  const noJson = await server.postJson('/api/v1/alerts/rules', '{"name": ');
  t.match(noJson.json, { code: 'bad-json' });
  const group = { file: 'a.yml', name: 'g', rules: [{ alert: 'A', expr: 'up(' }] };
  const set = await put(server, '/api/v1/rules/sets/x', { groups: [group] }, { 'if-match': '*' });
  t.match(set.json, { code: 'bad-rule', error: /groups\[0\]\.rules\[0\]\.expr: could not parse/ });
  const name = await put(server, '/api/v1/rules/sets/a b', {}, { 'if-match': '*' });
  t.match(name.json, { code: 'bad-rule-set' });
});

t.test('rule sets are applied as a whole, against the etag they were planned on', async (t) => {
  const server = await startTestServer(t);
  const path = '/api/v1/rules/sets/default';
  const empty = await server.ask(path);
  t.match(empty.json.data, { name: 'default', groups: [], updated_at: null });
  const etag = String(empty.headers['etag']);
  const groups = [
    { file: 'a.yml', name: 'g', interval: '30s', rules: [{ alert: 'A', expr: 'up == 0' }] },
  ];
  t.equal((await put(server, path, { groups })).json.code, 'bad-parameter', 'If-Match is needed');
  const done = await put(server, path, { groups }, { 'if-match': etag });
  t.equal(done.status, 200);
  t.same((done.json.data as { groups: unknown }).groups, groups);
  const late = await put(server, path, { groups: [] }, { 'if-match': etag });
  t.equal(late.status, 409);
  t.equal(late.json.code, 'conflict');
  t.match((await server.ask('/api/v1/rules/sets')).json.data, {
    sets: [{ name: 'default', groups: 1, rules: 1 }],
  });
  const other = await server.ask('/api/v1/rules', { headers: { 'x-scope-orgid': 'acme' } });
  t.same(other.json.data, { groups: [] }, 'other tenants see nothing of it');
  const removed = await server.ask(path, { method: 'DELETE', headers: { 'if-match': '*' } });
  t.match(removed.json.data, { groups: [] });
});

t.test('/api/v1/rules shows the rules of all owners, filtered', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'mon-rules-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'config.yml');
  await writeFile(
    file,
    'groups: [{name: c, rules: [{record: r, expr: "vector( 1 )"}, {alert: A, expr: up, for: 5m}]}]',
  );
  const server = await startTestServer(t, { yaml: `rule_files: ["${dir}/*.yml"]` });
  await server.postJson('/api/v1/alerts/rules', RULE);
  const groups = [{ file: 'a.yml', name: 's', rules: [{ alert: 'B', expr: 'up' }] }];
  await put(server, '/api/v1/rules/sets/team', { groups }, { 'if-match': '*' });
  await pass(server, 61);
  const shown = async (query = '') => {
    const { json } = await server.ask(`/api/v1/rules${query}`);
    const found = (json.data as { groups: { file: string; owner: string; rules: [] }[] }).groups;
    return found.map((group) => `${group.owner} ${group.file} ${group.rules.length}`);
  };
  t.same(await shown(), [`config ${file} 2`, 'api api 1', 'set/team set/team/a.yml 1']);
  t.same(await shown('?type=record'), [`config ${file} 1`]);
  t.same(await shown('?rule_name[]=B&rule_name[]=A'), [
    `config ${file} 1`,
    'set/team set/team/a.yml 1',
  ]);
  t.same(await shown('?rule_group[]=s'), ['set/team set/team/a.yml 1']);
  t.same(await shown(`?file[]=${file}`), [`config ${file} 2`]);
  t.equal((await server.ask('/api/v1/rules?type=x')).status, 400);
  const { json } = await server.ask('/api/v1/rules?rule_group[]=c');
  t.match(json.data, {
    groups: [
      {
        name: 'c',
        interval: 60,
        rules: [
          { type: 'recording', name: 'r', query: 'vector(1)', health: 'ok' },
          { type: 'alerting', name: 'A', state: 'inactive', duration: 300, keepFiringFor: 0 },
        ],
      },
    ],
  });
  await answers(server, '/api/v1/query?query=r', /"value":\[[^,]*,"1"\]/);
});

t.test('reload() takes rule files anew, or leaves all as it is', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'mon-rules-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'config.yml');
  const groups = (name: string, expr = 'up') =>
    writeFile(file, `groups: [{name: ${name}, rules: [{alert: A, expr: "${expr}"}]}]`);
  await groups('one');
  const yaml = `rule_files: ["${file}"]`;
  const server = await startTestServer(t, { yaml });
  const config = resolveServerConfig({
    source: { file: join(dir, 'mon.yml'), text: yaml },
    flags: {},
    surroundings: { hostname: 'test', cpus: 2, cwd: dir, environment: {} },
  });
  const names = async (t: Test, wanted: string[]) => {
    const { json } = await server.ask('/api/v1/rules');
    t.same(
      (json.data as { groups: { name: string }[] }).groups.map(({ name }) => name),
      wanted,
    );
  };
  await groups('two');
  await server.running.reload(config);
  await names(t, ['two']);
  await groups('three', 'up(');
  await t.rejects(server.running.reload(config), { code: 'bad-config', message: /config.yml:1:/ });
  await names(t, ['two']);
});
