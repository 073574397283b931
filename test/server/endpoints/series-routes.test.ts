import t from 'tap';
import { NOW_MS, startTestServer, type TestServer, writeBody } from '../running-server.ts';

const SERIES = [
  { labels: { __name__: 'up', job: 'a', instance: '1' }, samples: [[NOW_MS, 1]] },
  { labels: { __name__: 'up', job: 'b', instance: '2' }, samples: [[NOW_MS - 60_000, 1]] },
  { labels: { __name__: 'load', job: 'a' }, samples: [[NOW_MS, 1]] },
] as const;

async function filled(t: Parameters<typeof startTestServer>[0], yaml = ''): Promise<TestServer> {
  const server = await startTestServer(t, { yaml });
  t.equal((await server.write(writeBody(SERIES))).status, 204);
  return server;
}

t.test('/api/v1/series gives label sets in order, by GET and by form', async (t) => {
  const server = await filled(t);
  const wanted = [SERIES[2].labels, SERIES[0].labels];
  t.same((await server.ask('/api/v1/series?match[]={job="a"}')).json.data, wanted);
  t.same((await server.form('/api/v1/series', { 'match[]': '{job="a"}' })).json.data, wanted);
  const both = await server.ask('/api/v1/series?match[]=load&match[]=up{job="b"}');
  t.same(both.json.data, [SERIES[2].labels, SERIES[1].labels]);
});

t.test('/api/v1/series keeps to the time range and the limit', async (t) => {
  const server = await filled(t);
  const start = NOW_MS / 1000 - 30;
  t.same((await server.ask(`/api/v1/series?match[]=up&start=${start}`)).json.data, [
    SERIES[0].labels,
  ]);
  const cut = await server.ask('/api/v1/series?match[]=up&limit=1');
  t.equal((cut.json.data as unknown[]).length, 1);
  t.same(cut.json['warnings'], ['results truncated due to limit']);
  const whole = await server.ask('/api/v1/series?match[]=up&limit=2');
  t.equal((whole.json.data as unknown[]).length, 2);
  t.equal(whole.json['warnings'], undefined);
});

t.test('/api/v1/series refuses more series than the server lists', async (t) => {
  const server = await filled(t, 'server: {limits: {query_series: 1}}');
  t.match(await server.ask('/api/v1/series?match[]=up'), {
    status: 422,
    json: { code: 'query-limit', errorType: 'execution' },
  });
});

t.test('/api/v1/labels and label values are sorted and bounded', async (t) => {
  const server = await filled(t);
  t.same((await server.ask('/api/v1/labels')).json.data, ['__name__', 'instance', 'job']);
  t.same((await server.form('/api/v1/labels', { 'match[]': 'load' })).json.data, [
    '__name__',
    'job',
  ]);
  t.same((await server.ask('/api/v1/label/job/values')).json.data, ['a', 'b']);
  t.same((await server.ask('/api/v1/label/job/values?match[]=load')).json.data, ['a']);
  t.same((await server.ask('/api/v1/label/none/values')).json.data, []);
  const cut = await server.ask('/api/v1/label/job/values?limit=1');
  t.same(cut.json.data, ['a']);
  t.same(cut.json['warnings'], ['results truncated due to limit']);
});

t.test('series endpoints name the parameter that is wrong', async (t) => {
  const server = await startTestServer(t);
  const cases: [string, RegExp][] = [
    ['/api/v1/series', /invalid parameter "match\[\]": it is missing/],
    ['/api/v1/series?match[]=up{', /invalid parameter "match\[\]": 1:\d+: parse error/],
    ['/api/v1/series?match[]=rate(up[5m])', /invalid parameter "match\[\]": .* no series selector/],
    ['/api/v1/series?match[]=up&start=soon', /invalid parameter "start": cannot parse "soon"/],
    ['/api/v1/labels?end=2025-13-01T00:00:00Z', /invalid parameter "end"/],
    ['/api/v1/labels?start=2&end=1', /invalid parameter "end": end timestamp must not be before/],
    ['/api/v1/labels?limit=-1', /invalid parameter "limit"/],
    ['/api/v1/label/a%00b/values', /invalid parameter "name"/],
    ['/api/v1/metadata?limit=x', /invalid parameter "limit"/],
  ];
  for (const [path, error] of cases) {
    t.match(await server.ask(path), { status: 400, json: { errorType: 'bad_data', error } }, path);
  }
  t.equal((await server.ask('/api/v1/labels?unknown=1&nocache=1')).status, 200);
});
