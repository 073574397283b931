import t from 'tap';
import { NOW_MS, startTestServer, writeBody } from '../running-server.ts';

const YAML = `
global:
  evaluation_interval: 30s
server:
  retention: 90d
remote_write:
  - url: http://user:pass@elsewhere/
    basic_auth: {username: me, password: hush}
    headers: {X-Key: abc}
`;

t.test('/api/v1/status/* tells how the server was started', async (t) => {
  const server = await startTestServer(t, { yaml: YAML });
  t.match((await server.ask('/api/v1/status/buildinfo')).json.data, {
    application: 'mon',
    version: /^\d+\.\d+\.\d+$/,
    monVersion: '0.0.0',
  });
  t.match((await server.ask('/api/v1/status/runtimeinfo')).json.data, {
    storageRetention: '90d',
    startTime: new Date(NOW_MS).toISOString(),
  });
  t.match((await server.ask('/api/v1/status/flags')).json.data, {
    listen: '127.0.0.1:0',
    retention: '90d',
    shards: '1',
  });
});

t.test('/api/v1/status/config shows the file without its secrets', async (t) => {
  const server = await startTestServer(t, { yaml: YAML });
  const { yaml } = (await server.ask('/api/v1/status/config')).json.data as { yaml: string };
  t.match(yaml, /evaluation_interval: 30s/);
  t.match(yaml, /username: me/);
  t.match(yaml, /password: <secret>/);
  t.match(yaml, /user:<secret>@elsewhere/);
  for (const secret of ['hush', 'pass@', 'abc']) t.notMatch(yaml, secret);
});

t.test('/api/v1/status/tsdb counts series by metric and label', async (t) => {
  const server = await startTestServer(t);
  await server.write(
    writeBody([
      { labels: { __name__: 'up', job: 'a' }, samples: [[NOW_MS, 1]] },
      { labels: { __name__: 'up', job: 'b' }, samples: [[NOW_MS, 1]] },
      { labels: { __name__: 'load', job: 'a' }, samples: [[NOW_MS, 1]] },
    ]),
  );
  const { data } = (await server.ask('/api/v1/status/tsdb')).json;
  t.match(data, { headStats: { numSeries: 3 } });
  t.match((await server.ask('/api/v1/status/tsdb?limit=x')).json, { errorType: 'bad_data' });
});

t.test('/-/ready, /-/healthy, /-/flush, /metrics and / stand outside tenants', async (t) => {
  const server = await startTestServer(t);
  for (const path of ['/-/ready', '/-/healthy', '/']) {
    t.match(await server.ask(path), { status: 200, text: /mon/ }, path);
  }
  t.equal((await server.ask('/-/flush', { method: 'POST' })).status, 200);
  t.equal((await server.ask('/-/flush')).status, 405);
  const metrics = await server.ask('/metrics', { headers: { 'x-scope-orgid': '..' } });
  t.equal(metrics.status, 200);
  t.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  for (const name of [
    'mon_http_requests_total{handler="/-/ready",code="200"} 1',
    'mon_storage_head_series 0',
    'mon_process_cpu_seconds_total ',
    'mon_query_running 0',
  ]) {
    t.match(metrics.text, name);
  }
});

t.test('/api/v1/targets has no targets of its own', async (t) => {
  const server = await startTestServer(t);
  t.same((await server.ask('/api/v1/targets')).json.data, {
    activeTargets: [],
    droppedTargets: [],
  });
});

t.test('/api/v1/admin/jobs/<job> runs a job and answers its report', async (t) => {
  const server = await startTestServer(t);
  const report = await server.ask('/api/v1/admin/jobs/compact', { method: 'POST' });
  t.match(report, { status: 200, json: { data: { job: 'compact', blocksAfter: 0 } } });
  const jobs = (await server.ask('/api/v1/status/jobs')).json.data;
  t.match(jobs, [
    { job: 'compact', running: false, lastRun: { outcome: 'done', trigger: 'request' } },
    { job: 'retention', lastRun: null, schedule: /^\d+ \* \* \* \*$/ },
  ]);
  t.match(await server.ask('/api/v1/admin/jobs/sweep', { method: 'POST' }), {
    status: 404,
    json: { code: 'not-found', hint: /compact, retention/ },
  });
});

t.test('/api/v1/status/config shows what was reloaded', async (t) => {
  const server = await startTestServer(t, { yaml: YAML });
  const { config, reload } = { config: server.config, reload: server.running.reload };
  const source = { file: '/etc/mon/mon.yml', text: 'global: {evaluation_interval: 10s}' };
  server.clock.jumpTo(NOW_MS + 5000);
  await reload({ ...config, source });
  const { yaml } = (await server.ask('/api/v1/status/config')).json.data as { yaml: string };
  t.match(yaml, 'evaluation_interval: 10s');
  t.match((await server.ask('/api/v1/status/runtimeinfo')).json.data, {
    lastConfigTime: new Date(NOW_MS + 5000).toISOString(),
  });
});
