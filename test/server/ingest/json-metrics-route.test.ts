import t from 'tap';
import { NOW_MS, startTestServer } from '../running-server.ts';

const PATH = '/api/v1/metrics';
const GOOD = {
  name: 'http_requests_total',
  type: 'counter',
  value: 1543,
  timestamp: NOW_MS / 1000,
  tags: { host: 'web-server-01', status: '200' },
};

t.test('POST /api/v1/metrics stores samples, their tags and type', async (t) => {
  const server = await startTestServer(t);
  const answer = await server.postJson(PATH, { metrics: [GOOD] });
  t.equal(answer.status, 200);
  t.same(answer.json, { status: 'success', accepted: 1, rejected: 0, errors: [] });
  t.same((await server.ask('/api/v1/series?match[]=http_requests_total')).json.data, [
    { __name__: 'http_requests_total', host: 'web-server-01', status: '200' },
  ]);
  t.match((await server.ask('/api/v1/metadata')).json.data, {
    http_requests_total: [{ type: 'counter' }],
  });
});

t.test('POST /api/v1/metrics takes seconds, milliseconds and no time', async (t) => {
  const server = await startTestServer(t);
  const metrics = [
    { name: 'a', value: 1, timestamp: NOW_MS / 1000 - 0.5 },
    { name: 'b', value: 2, timestamp: NOW_MS - 500 },
    { name: 'c', value: 3 },
  ];
  t.match((await server.postJson(PATH, { metrics })).json, { status: 'success', accepted: 3 });
  const seen = async (startMs: number, endMs: number) => {
    const range = `start=${startMs / 1000}&end=${endMs / 1000}`;
    return (await server.ask(`/api/v1/label/__name__/values?${range}`)).json.data;
  };
  t.same(await seen(NOW_MS - 500, NOW_MS - 500), ['a', 'b']);
  t.same(await seen(NOW_MS, NOW_MS), ['c']);
});

t.test('POST /api/v1/metrics rejects sample by sample', async (t) => {
  const server = await startTestServer(t);
  const wrong: [unknown, RegExp][] = [
    [null, /not an object/],
    [[], /not an object/],
    [{ ...GOOD, name: '' }, /name must be/],
    [{ ...GOOD, name: 7 }, /name must be/],
    [{ ...GOOD, type: 'meter' }, /type must be one of counter, gauge, histogram, summary/],
    [{ ...GOOD, type: null }, /type must be one of/],
    [{ ...GOOD, value: '1543' }, /value must be a number, not "1543"/],
    [{ ...GOOD, value: undefined }, /value must be a number, not nothing/],
    [{ ...GOOD, timestamp: 'now' }, /timestamp must be a number/],
    [{ ...GOOD, tags: ['x'] }, /tags must be an object/],
    [{ ...GOOD, tags: { a: 1 } }, /tag "a" must be a text, not 1/],
    [{ ...GOOD, tags: { __name__: 'x' } }, /use "name"/],
    [{ ...GOOD, tags: { '': 'x' } }, /no name/],
    [{ ...GOOD, name: 'x'.repeat(300) }, /longer than/],
    [{ ...GOOD, tags: { a: 'x'.repeat(5000) } }, /longer than/],
    [{ ...GOOD, timestamp: NOW_MS + 3_600_000 }, /./],
    [{ ...GOOD, timestamp: 1 }, /./],
  ];
  const metrics = [GOOD, ...wrong.map(([entry]) => entry)];
  const answer = await server.postJson(PATH, { metrics });
  t.equal(answer.status, 200);
  t.match(answer.json, { status: 'partial', accepted: 1, rejected: wrong.length });
  const errors = answer.json['errors'] as { index: number; reason: string }[];
  t.same(
    errors.map(({ index }) => index),
    wrong.map((_, i) => i + 1),
  );
  for (const [i, [, reason]] of wrong.entries()) t.match(errors[i]?.reason, reason);
});

t.test('POST /api/v1/metrics answers 400 when nothing is valid', async (t) => {
  const server = await startTestServer(t);
  const one = await server.postJson(PATH, { metrics: [{ ...GOOD, value: null }] });
  t.match(one, {
    status: 400,
    json: { status: 'error', accepted: 0, rejected: 1, errorType: 'bad_data', code: 'bad-sample' },
  });
  const huge = await server.postJson(PATH, '{"metrics":[{"name":"a","value":1e999}]}');
  t.match(huge.json, { status: 'error', errors: [{ index: 0, reason: /beyond what 64 bits/ }] });
  const old = await server.postJson(PATH, { metrics: [{ ...GOOD, timestamp: 1 }] });
  t.match(old, { status: 400, json: { status: 'error', errors: [{ index: 0 }] } });
});

t.test('POST /api/v1/metrics answers 400 when the body is not understood', async (t) => {
  const server = await startTestServer(t);
  for (const body of ['', '{', 'null', '[]', '{"metrics":{}}', '{"metrics":[]}', '{}', '"x"']) {
    const answer = await server.postJson(PATH, body);
    t.match(answer, { status: 400, json: { status: 'error', accepted: 0, rejected: 0 } }, body);
    t.match(answer.json['errors'], [{ index: -1, reason: /./ }]);
  }
  const broken = await server.postJson(PATH, '{"metrics":[\n{"name":}]}');
  t.match(broken.json.error, /line 2 column/);
});

t.test('POST /api/v1/metrics lists at most 100 rejections, counts all', async (t) => {
  const server = await startTestServer(t);
  const metrics = [GOOD, ...Array.from({ length: 150 }, () => ({ name: 'x' }))];
  const answer = await server.postJson(PATH, { metrics });
  t.match(answer.json, { status: 'partial', accepted: 1, rejected: 150 });
  t.equal((answer.json['errors'] as unknown[]).length, 100);
  const text = (await server.ask('/metrics')).text;
  t.match(text, 'mon_ingest_samples_rejected_total{reason="bad-sample"} 100');
  t.match(text, 'mon_ingest_samples_rejected_total{reason="other"} 50');
});

t.test('POST /api/v1/metrics keeps a value for the same time, refuses another', async (t) => {
  const server = await startTestServer(t);
  await server.postJson(PATH, { metrics: [GOOD] });
  t.match((await server.postJson(PATH, { metrics: [GOOD] })).json, { status: 'success' });
  const other = await server.postJson(PATH, { metrics: [{ ...GOOD, value: 1 }] });
  t.match(other, { status: 400, json: { errors: [{ index: 0, reason: /./ }] } });
});
