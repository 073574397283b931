import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { request } from 'undici';
import { NOW_MS, startTestServer, type TestServer, writeBody } from '../running-server.ts';

const NOW_S = NOW_MS / 1000;
const MINUTE_MS = 60_000;

/** `requests{host}` rising by 1 and 2 a second, sampled each minute for an hour. */
async function filled(t: Test, yaml = ''): Promise<TestServer> {
  const server = await startTestServer(t, { yaml });
  const series = [1, 2].map((rate) => ({
    labels: { __name__: 'requests', host: `web-${rate}` },
    samples: Array.from({ length: 60 }, (_, i): [number, number] => {
      const beforeMs = (59 - i) * MINUTE_MS;
      return [NOW_MS - beforeMs, rate * (3600 - beforeMs / 1000)];
    }),
  }));
  t.equal((await server.write(writeBody(series))).status, 204);
  return server;
}

interface Entry {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
  readonly values: [number, string][];
}

function resultOf(answer: { json: { data?: unknown } }): Entry[] {
  return (answer.json.data as { result: Entry[] }).result;
}

t.test('/api/v1/query answers vectors, scalars, strings and raw samples', async (t) => {
  const server = await filled(t);
  const vector = await server.ask('/api/v1/query?query=requests');
  t.match(vector, { status: 200, json: { status: 'success', data: { resultType: 'vector' } } });
  t.same(resultOf(vector), [
    { metric: { __name__: 'requests', host: 'web-1' }, value: [NOW_S, '3600'] },
    { metric: { __name__: 'requests', host: 'web-2' }, value: [NOW_S, '7200'] },
  ]);
  const at = `time=${NOW_S - 600.5}`;
  t.match(resultOf(await server.ask(`/api/v1/query?query=sum(requests)&${at}`)), [
    { metric: {}, value: [NOW_S - 600.5, '8820'] },
  ]);
  t.same((await server.ask('/api/v1/query?query=1%2F0')).json.data, {
    resultType: 'scalar',
    result: [NOW_S, '+Inf'],
  });
  t.same((await server.ask('/api/v1/query?query="a"')).json.data, {
    resultType: 'string',
    result: [NOW_S, 'a'],
  });
  const raw = await server.ask('/api/v1/query?query=requests{host="web-1"}[2m]');
  t.equal(resultOf(raw)[0]?.values.length, 2);
});

t.test('/api/v1/query_range answers a matrix over the grid', async (t) => {
  const server = await filled(t);
  const range = { start: String(NOW_S - 120), end: String(NOW_S), step: '1m' };
  const wanted = [
    { metric: { host: 'web-1' }, values: [1, 2, 3].map((i) => [NOW_S - 180 + i * 60, '1']) },
    { metric: { host: 'web-2' }, values: [1, 2, 3].map((i) => [NOW_S - 180 + i * 60, '2']) },
  ];
  const query = 'rate(requests[5m])';
  const search = new URLSearchParams({ query, ...range });
  t.same(resultOf(await server.ask(`/api/v1/query_range?${search}`)), wanted);
  t.same(resultOf(await server.form('/api/v1/query_range', { query, ...range })), wanted);
  const json = { query, start: NOW_S - 120, end: '2025-01-02T12:00:00Z', step: 60 };
  t.same(resultOf(await server.postJson('/api/v1/query_range', json)), wanted);
});

t.test('POST /api/v1/query in JSON answers a matrix where it names a start', async (t) => {
  const server = await filled(t);
  const query = 'sum(requests)';
  for (const times of [
    { start: NOW_S - 60, end: NOW_S, step: '1m' },
    { start: NOW_MS - 60_000, end: NOW_MS, step: 60 },
    { start: '2025-01-02T11:59:00Z', end: '2025-01-02T12:00:00+00:00', step: '60s' },
    { start: '2025-01-02T11:59', end: '2025-01-02T12:00:00.000', step: '60' },
  ]) {
    const answer = await server.postJson('/api/v1/query', { query, ...times });
    t.match(answer.json, { data: { resultType: 'matrix' } }, answer.text);
    t.same(resultOf(answer)[0]?.values, [
      [NOW_S - 60, '10620'],
      [NOW_S, '10800'],
    ]);
  }
  const instant = await server.postJson('/api/v1/query', { query, time: NOW_S });
  t.match(instant.json, { data: { resultType: 'vector' } });
  const body = JSON.stringify({ query, start: NOW_S, end: NOW_S, step: 1 });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const curl = await server.ask('/api/v1/query', { method: 'POST', headers, body });
  t.match(curl.json, { data: { resultType: 'matrix' } }, 'as curl -d sends it');
  const noStep = await server.postJson('/api/v1/query', { query, start: 1, end: 2 });
  t.match(noStep, { status: 400, json: { error: /invalid parameter "step": it is missing/ } });
  const list = await server.postJson('/api/v1/query', [query]);
  t.match(list, { status: 400, json: { code: 'bad-json' } });
  const nested = await server.postJson('/api/v1/query', { query: { a: 1 } });
  t.match(nested, { status: 400, json: { error: /invalid parameter "query"/ } });
});

t.test('query parameters limit, lookback_delta, stats and timeout work', async (t) => {
  const server = await filled(t);
  const cut = await server.ask('/api/v1/query?query=requests&limit=1');
  t.equal(resultOf(cut).length, 1);
  t.same(cut.json['warnings'], ['results truncated due to limit']);
  const later = `time=${NOW_S + 90}`;
  t.equal(resultOf(await server.ask(`/api/v1/query?query=requests&${later}`)).length, 2);
  const short = await server.ask(`/api/v1/query?query=requests&${later}&lookback_delta=1m`);
  t.equal(resultOf(short).length, 0);
  const stats = await server.ask('/api/v1/query?query=requests&stats=all');
  t.match(stats.json.data, { stats: { seriesRead: 2, samples: { totalQueryableSamples: /\d/ } } });
  const timely = await server.ask('/api/v1/query?query=requests&timeout=10s&nocache=1&unknown=x');
  t.equal(timely.status, 200);
});

t.test('query errors have the status, type and place that Prometheus gives them', async (t) => {
  const server = await filled(t, 'server: {limits: {query_samples: 50}}');
  const range = `start=${NOW_S - 60}&end=${NOW_S}`;
  const bad: [string, RegExp][] = [
    ['/api/v1/query', /invalid parameter "query": it is missing/],
    ['/api/v1/query?query=', /parse error/],
    ['/api/v1/query?query=sum(', /^1:\d+: parse error/],
    ['/api/v1/query?query=rate(requests)', /parse error: expected type range vector/],
    ['/api/v1/query?query=up&time=soon', /invalid parameter "time": cannot parse "soon"/],
    ['/api/v1/query?query=up&timeout=-1', /invalid parameter "timeout"/],
    ['/api/v1/query?query=up&timeout=x', /invalid parameter "timeout"/],
    ['/api/v1/query?query=up&limit=x', /invalid parameter "limit"/],
    ['/api/v1/query?query=up&lookback_delta=0', /invalid parameter "lookback_delta"/],
    [`/api/v1/query_range?query=up&${range}`, /invalid parameter "step"/],
    [`/api/v1/query_range?query=up&${range}&step=0`, /invalid parameter "step"/],
    [`/api/v1/query_range?query=up&${range}&step=-5m`, /invalid parameter "step"/],
    ['/api/v1/query_range?query=up&start=0&end=20000&step=1', /maximum resolution of 11000/],
    ['/api/v1/query_range?query=up&start=2&end=1&step=1', /invalid parameter "end"/],
    ['/api/v1/query_range?query=up&end=1&step=1', /invalid parameter "start"/],
  ];
  for (const [path, error] of bad) {
    t.match(await server.ask(path), { status: 400, json: { errorType: 'bad_data', error } }, path);
  }
  t.match(await server.ask('/api/v1/query?query=requests[1h]'), {
    status: 422,
    json: { errorType: 'execution', code: 'query-limit' },
  });
  t.match(await server.ask('/api/v1/query?query=requests%2Bon()requests'), {
    status: 422,
    json: { errorType: 'execution', code: 'query-failed' },
  });
  t.equal((await server.ask('/api/v1/query', { method: 'PUT' })).status, 405);
  const metrics = (await server.ask('/metrics')).text;
  t.match(metrics, 'mon_query_failed_total{kind="instant",code="query-limit"} 1');
});

t.test('queries see only their tenant', async (t) => {
  const server = await filled(t);
  const headers = { 'x-scope-orgid': 'other' };
  const other = await server.ask('/api/v1/query?query=requests', { headers });
  t.same(resultOf(other), []);
});

t.test('a large answer is streamed, and compressed where the client takes it', async (t) => {
  const server = await startTestServer(t);
  const series = Array.from({ length: 300 }, (_, host) => ({
    labels: { __name__: 'm', host: `web-${host}`, more: 'x'.repeat(50) },
    samples: Array.from({ length: 60 }, (_, i): [number, number] => [NOW_MS - i * 60_000, i / 3]),
  }));
  await server.write(writeBody(series));
  const path = `/api/v1/query_range?query=m&start=${NOW_S - 3540}&end=${NOW_S}&step=60`;
  const plain = await server.ask(path);
  t.equal(resultOf(plain).length, 300);
  t.ok(resultOf(plain).every(({ values }) => values.length === 60));
  const headers = { 'accept-encoding': 'gzip' };
  const zipped = await request(server.url + path, { headers });
  t.equal(zipped.headers['content-encoding'], 'gzip');
  t.same(JSON.parse(gunzipSync(await zipped.body.bytes()).toString()), plain.json);
});

t.test('/api/v1/format_query and parse_query show the tree', async (t) => {
  const server = await startTestServer(t);
  const query = 'sum  by(job)(rate(up{a="b"}[5m] offset 1m))>2';
  t.equal(
    (await server.form('/api/v1/format_query', { query })).json.data,
    'sum by (job) (rate(up{a="b"}[5m] offset 1m)) > 2',
  );
  t.match((await server.form('/api/v1/parse_query', { query })).json.data, {
    type: 'binaryExpr',
    op: '>',
    matching: null,
    rhs: { type: 'numberLiteral', val: '2' },
    lhs: {
      type: 'aggregation',
      op: 'sum',
      grouping: ['job'],
      without: false,
      expr: {
        type: 'call',
        func: { name: 'rate', returnType: 'vector' },
        args: [{ type: 'matrixSelector', name: 'up', range: 300_000, offset: 60_000 }],
      },
    },
  });
  t.match(await server.ask('/api/v1/parse_query?query=sum('), { status: 400 });
  t.match(await server.ask('/api/v1/format_query'), { status: 400 });
});
