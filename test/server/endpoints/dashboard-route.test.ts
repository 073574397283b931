/** Several queries on one time grid. */
import { dashboardSeries } from '@mon/server/api/dashboard-json';
import { readDashboardQuestion } from '@mon/server/api/dashboard-question';
import t, { type Test } from 'tap';
import { NOW_MS, startTestServer, writeBody } from '../running-server.ts';

const LIMITS = { nowMs: NOW_MS, stepsMax: 11_000 };
const MINUTE_MS = 60_000;

async function asking(t: Test) {
  const server = await startTestServer(t, { yaml: '' });
  const series = ['web-1', 'web-2'].map((host, n) => ({
    labels: { __name__: 'cpu', host, mode: 'user' },
    samples: Array.from({ length: 10 }, (_, i): [number, number] => [
      NOW_MS - i * MINUTE_MS,
      (n + 1) * (10 - i),
    ]),
  }));
  t.equal((await server.write(writeBody(series))).status, 204);
  return async (body: unknown) => {
    const answer = await fetch(`${server.url}/api/v1/dashboard/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  };
}

t.test('answers all queries over the same timestamps', async (t) => {
  const ask = await asking(t);
  const { status, json } = await ask({
    queries: [
      { id: 'hosts', query: 'avg(cpu) by (host)', timeRange: 'last_3m', step: '1m' },
      { id: 'all', query: 'sum(cpu)', timeRange: 'last_2m' },
      { id: 'none', query: 'absent_metric', timeRange: 'last_3m' },
      { id: 'raw', query: 'cpu{host="web-1"}', timeRange: 'last_1m' },
      { id: 'odd', query: '1/0', timeRange: 'last_1m' },
    ],
  });
  t.equal(status, 200);
  const endS = NOW_MS / 1000;
  t.same(json['timestamps'], [endS - 180, endS - 120, endS - 60, endS]);
  t.same(json['results'], {
    hosts: { 'web-1': [7, 8, 9, 10], 'web-2': [14, 16, 18, 20] },
    all: { all: [null, 24, 27, 30] },
    none: {},
    raw: { 'host=web-1,mode=user': [null, null, 9, 10] },
    odd: { odd: [null, null, '+Inf', '+Inf'] },
  });
});

t.test('a bad query fails the request with its id', async (t) => {
  const ask = await asking(t);
  const good = { id: 'good', query: 'cpu', timeRange: 'last_1m' };
  const { status, json } = await ask({
    queries: [good, { id: 'bad', query: 'sum(', timeRange: 'last_1m' }],
  });
  t.equal(status, 400);
  t.match(json, { status: 'error', errorType: 'bad_data', error: /Query bad: / });
  for (const [body, error] of [
    [{}, /"queries"/],
    [{ queries: [] }, /"queries"/],
    [{ queries: [1] }, /queries\[0\]/],
    [{ queries: [{ query: 'up' }] }, /queries\[0\]\.id/],
    [{ queries: [{ id: 'a' }] }, /query of a/],
    [{ queries: [good, good] }, /id good/],
    [{ queries: [{ id: 'a', query: 'up' }] }, /timeRange of a/],
    [{ queries: [{ id: 'a', query: 'up', timeRange: 'last_x' }] }, /timeRange of a/],
    [{ queries: [{ id: 'a', query: 'up', timeRange: { start: 2, end: 1 } }] }, /timeRange of a/],
    [{ queries: [{ ...good, step: 0 }] }, /step of good/],
    [{ queries: [{ ...good, step: '1ms', timeRange: 'last_1d' }] }, /"step"/],
    [
      { queries: Array.from({ length: 101 }, (_, i) => ({ ...good, id: String(i) })) },
      /at most 100/,
    ],
  ] as const) {
    const answer = await ask(body);
    t.equal(answer.status, 400);
    t.match(answer.json['error'], error);
  }
});

t.test('the grid spans all ranges, has the smallest step, and moves by whole steps', async (t) => {
  const query = 'up';
  const { startMs, endMs, stepMs, queries } = readDashboardQuestion(
    {
      queries: [
        { id: 'a', query, timeRange: 'last_1h', step: '1m' },
        { id: 'b', query, timeRange: 'last_2h', step: 30 },
      ],
    },
    { ...LIMITS, nowMs: NOW_MS + 12_345 },
  );
  t.equal(stepMs, 30_000);
  t.equal(endMs, NOW_MS);
  t.equal(startMs, NOW_MS - 120 * MINUTE_MS);
  t.equal(queries[0]?.startMs, NOW_MS - 60 * MINUTE_MS);
  const fixed = readDashboardQuestion(
    {
      queries: [{ id: 'a', query, timeRange: { start: '2025-01-02T00:00:07Z', end: 1735819200 } }],
    },
    LIMITS,
  );
  t.equal(fixed.startMs, Date.UTC(2025, 0, 2, 0, 0, 7), 'as asked');
});

t.test('keys tell series apart', async (t) => {
  const keysOf = (...labels: string[][]) =>
    Object.keys(
      dashboardSeries(
        {
          kind: 'matrix',
          ...{ startMs: 0, stepMs: 1, steps: 1, labels },
          values: new Float64Array(labels.length),
          presence: new Uint8Array(labels.length).fill(1),
        },
        { startMs: 0, stepMs: 1, steps: 1 },
        'q',
      ),
    );
  t.same(keysOf([]), ['q']);
  t.same(keysOf(['__name__', 'up']), ['q']);
  t.same(keysOf(['__name__', 'up', 'host', 'a'], ['__name__', 'up', 'host', 'b']), ['a', 'b']);
  t.same(keysOf(['__name__', 'x', 'host', 'a'], ['__name__', 'y', 'host', 'a']), [
    '__name__=x,host=a',
    '__name__=y,host=a',
  ]);
  t.same(keysOf(['host', 'a'], ['node', 'a']), ['host=a', 'node=a']);
});
