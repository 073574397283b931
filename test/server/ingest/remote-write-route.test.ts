import { connect } from 'node:net';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { MON_WIRE_TYPE } from '@mon/storage/protocol/mon-wire-frame';
import { WireWriter } from '@mon/storage/protocol/mon-wire-writer';
import { encodeRemoteWrite2 } from '@mon/storage/protocol/remote-write-2-encode';
import t from 'tap';
import {
  NOW_MS,
  startTestServer,
  type TestSeries,
  type TestServer,
  testColumns,
  writeBody,
} from '../running-server.ts';

const WRITTEN = 'x-prometheus-remote-write-samples-written';
const SECOND = {
  'content-type': 'application/x-protobuf;proto="io.prometheus.write.v2.Request"',
  'x-prometheus-remote-write-version': '2.0.0',
};

function writeSecond(
  server: TestServer,
  series: readonly TestSeries[],
  metadata: readonly MetricMetadata[] = [],
) {
  const known = new Map(metadata.map((entry) => [entry.metric, entry]));
  return server.write(encodeRemoteWrite2(testColumns(series), known), SECOND);
}

const UP = { __name__: 'up', job: 'a' };

t.test('POST /api/v1/write stores samples, visible at once', async (t) => {
  const server = await startTestServer(t);
  const body = writeBody([{ labels: UP, samples: [[NOW_MS, 1]] }]);
  const answer = await server.write(body);
  t.equal(answer.status, 204);
  t.equal(answer.text, '');
  const series = await server.ask('/api/v1/series?match[]=up');
  t.same(series.json.data, [UP]);
});

t.test('POST /api/v1/write keeps the valid samples beside rejected ones', async (t) => {
  const server = await startTestServer(t);
  const body = writeBody([
    { labels: { ...UP, job: 'late' }, samples: [[NOW_MS + 3_600_000, 1]] },
    { labels: UP, samples: [[NOW_MS, 1]] },
  ]);
  const answer = await server.write(body);
  t.match(answer, {
    status: 400,
    json: {
      status: 'error',
      errorType: 'bad_data',
      code: 'too-far-ahead',
      error: /Cannot store 1 of 2 samples: sample 0: /,
      hint: /all other samples of the request are stored/,
    },
  });
  t.same((await server.ask('/api/v1/series?match[]=up')).json.data, [UP]);
  const metrics = (await server.ask('/metrics')).text;
  t.match(metrics, 'mon_ingest_samples_total{protocol="remote-write-1"} 1');
  t.match(metrics, 'mon_ingest_samples_rejected_total{reason="too-far-ahead"} 1');
});

t.test('POST /api/v1/write refuses bodies that are not what they say', async (t) => {
  const server = await startTestServer(t);
  const body = writeBody([{ labels: UP, samples: [[NOW_MS, 1]] }]);
  const bad = { status: 400, json: { code: 'bad-body', errorType: 'bad_data' } };
  t.match(await server.write(Buffer.from('no snappy')), bad, 'no snappy');
  t.match(await server.write(new Uint8Array(0)), bad, 'empty');
  for (let length = 1; length < body.length; length++) {
    t.match(await server.write(body.subarray(0, length)), bad, `cut after ${length} bytes`);
  }
  t.same((await server.ask('/api/v1/series?match[]=up')).json.data, []);
  t.equal((await server.write(body)).status, 204);
});

t.test('POST /api/v1/write refuses other encodings, types and versions', async (t) => {
  const server = await startTestServer(t);
  const body = writeBody([{ labels: UP, samples: [[NOW_MS, 1]] }]);
  t.match(await server.write(body, { 'content-encoding': 'gzip' }), {
    status: 415,
    json: { code: 'unsupported-encoding', hint: /snappy/ },
  });
  t.match(await server.write(body, { 'content-type': 'application/json' }), {
    status: 415,
    json: { code: 'unsupported-media-type' },
  });
  const unknown = 'application/x-protobuf;proto=io.prometheus.write.v3.Request';
  const refused = await server.write(body, { 'content-type': unknown });
  t.match(refused, { status: 415, json: { error: /io\.prometheus\.write\.v3\.Request/ } });
  t.notOk('x-prometheus-remote-write-samples-written' in refused.headers);
  const first = 'application/x-protobuf;proto=prometheus.WriteRequest';
  t.equal((await server.write(body, { 'content-type': first })).status, 204);
});

t.test('POST /api/v1/write bounds the body', async (t) => {
  const server = await startTestServer(t, { yaml: 'server: {limits: {body_size: 1KB}}' });
  const answer = await server.write(Buffer.alloc(2000));
  t.match(answer, { status: 413, json: { code: 'body-too-large' } });
});

t.test('POST /api/v1/write keeps tenants apart and refuses bad ones', async (t) => {
  const server = await startTestServer(t);
  const body = writeBody([{ labels: UP, samples: [[NOW_MS, 1]] }]);
  t.equal((await server.write(body, { 'x-scope-orgid': 'blue' })).status, 204);
  t.same((await server.ask('/api/v1/series?match[]=up')).json.data, []);
  const blue = await server.ask('/api/v1/series?match[]=up', {
    headers: { 'x-scope-orgid': 'blue' },
  });
  t.same(blue.json.data, [UP]);
  t.match(await server.write(body, { 'x-scope-orgid': 'a/b' }), {
    status: 400,
    json: { code: 'bad-tenant' },
  });
});

t.test('POST /api/v1/write keeps metadata', async (t) => {
  const server = await startTestServer(t);
  const metadata = [
    { metric: 'up', type: 'gauge' as const, help: 'Whether it is up.', unit: '' },
    { metric: 'x_seconds', type: 'histogram' as const, help: 'X.', unit: 'seconds' },
  ];
  t.equal((await server.write(writeBody([], metadata))).status, 204);
  t.same((await server.ask('/api/v1/metadata?metric=up')).json.data, {
    up: [{ type: 'gauge', help: 'Whether it is up.', unit: '' }],
  });
  const all = (await server.ask('/api/v1/metadata')).json.data as object;
  t.same(Object.keys(all), ['up', 'x_seconds']);
  const one = (await server.ask('/api/v1/metadata?limit=1')).json.data as object;
  t.equal(Object.keys(one).length, 1);
  t.same((await server.ask('/api/v1/metadata?metric=none')).json.data, {});
});

t.test('POST /api/v1/write turns senders away when too many bytes are under way', async (t) => {
  const yaml = 'server: {limits: {write_bytes_in_flight: 1KB}}';
  const server = await startTestServer(t, { yaml });
  const port = Number(new URL(server.url).port);
  const slow = connect(port, '127.0.0.1');
  t.teardown(() => slow.destroy());
  slow.write('POST /api/v1/write HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegun');
  const held = async () => /bytes_in_flight 1000$/m.test((await server.ask('/metrics')).text);
  while (!(await held()));
  const body = writeBody([{ labels: UP, samples: [[NOW_MS, 1]] }]);
  const refused = await server.write(body);
  t.match(refused, { status: 503, json: { code: 'overloaded', errorType: 'unavailable' } });
  t.equal(refused.headers['retry-after'], '1');
  slow.destroy();
  while (await held());
  t.equal((await server.write(body)).status, 204);
});

t.test('POST /api/v1/write takes 2.0 and says how much it wrote', async (t) => {
  const server = await startTestServer(t, { flags: { shards: 2 } });
  const series = ['a', 'b', 'c', 'd'].map((job, i) => ({
    labels: { __name__: 'wait_seconds_count', job },
    samples: [[NOW_MS, i]] as const,
  }));
  const metadata = { metric: 'wait_seconds', help: 'Waiting.', unit: 'seconds' };
  const known = [{ ...metadata, type: 'histogram' as const }];
  const answer = await writeSecond(server, series, known);
  t.match(answer, {
    status: 204,
    headers: {
      'x-prometheus-remote-write-samples-written': '4',
      'x-prometheus-remote-write-histograms-written': '0',
      'x-prometheus-remote-write-exemplars-written': '0',
    },
  });
  t.same((await server.ask('/api/v1/metadata')).json.data, {
    wait_seconds: [{ type: 'histogram', help: 'Waiting.', unit: 'seconds' }],
  });
  t.equal((await writeSecond(server, series, known)).status, 204, 'the same once more');
  const changed = [{ ...metadata, type: 'summary' as const }];
  t.equal((await writeSecond(server, series, changed)).status, 204);
  const told = await server.ask('/api/v1/metadata');
  t.match(told.json.data, { wait_seconds: [{ type: 'summary' }] });
});

t.test('POST /api/v1/write knows a series by its labels, whatever the version', async (t) => {
  const server = await startTestServer(t);
  const of = (job: string, atMs: number): TestSeries => ({
    labels: { ...UP, job },
    samples: [[atMs, 1]],
  });
  t.equal((await server.write(writeBody([of('a', NOW_MS - 9)]))).status, 204);
  t.equal((await writeSecond(server, [of('a', NOW_MS - 8)])).status, 204);
  t.equal((await writeSecond(server, [of('b', NOW_MS - 7), of('a', NOW_MS - 7)])).status, 204);
  t.equal((await writeSecond(server, [of('c', NOW_MS - 6), of('b', NOW_MS - 6)])).status, 204);
  const { json } = await server.ask(
    `/api/v1/query?query=count_over_time(up[1m])&time=${NOW_MS / 1e3}`,
  );
  const result = (json.data as { result: { metric: { job: string }; value: unknown[] }[] }).result;
  const counts = result.map(({ metric, value }) => `${metric.job} ${value[1]}`);
  t.same(counts.sort(), ['a 3', 'b 2', 'c 1']);
});

t.test('POST /api/v1/write says of a 2.0 request what it kept in part', async (t) => {
  const server = await startTestServer(t);
  const answer = await writeSecond(server, [
    { labels: { ...UP, job: 'late' }, samples: [[NOW_MS + 3_600_000, 1]] },
    { labels: UP, samples: [[NOW_MS, 1]] },
    { labels: { job: 'nameless' }, samples: [[NOW_MS, 1]] },
  ]);
  t.match(answer, {
    status: 400,
    headers: { 'x-prometheus-remote-write-samples-written': '1' },
    json: { code: 'too-far-ahead', error: /Cannot store 2 of 3 samples/ },
  });
  const body = writeBody([{ labels: UP, samples: [[NOW_MS, 1]] }]);
  const first = await server.write(body, SECOND);
  t.match(first, { status: 204, headers: { 'x-prometheus-remote-write-samples-written': '0' } });
  t.match(await server.write(Buffer.from('no snappy'), SECOND), {
    status: 400,
    headers: { 'x-prometheus-remote-write-samples-written': '0' },
    json: { code: 'bad-body' },
  });
});

t.test('POST /api/v1/write takes frames of the mon wire, and says so', async (t) => {
  const server = await startTestServer(t);
  const wire = { 'content-type': MON_WIRE_TYPE };
  const post = (body: Uint8Array) =>
    server.ask('/api/v1/write', { method: 'POST', headers: wire, body: Buffer.from(body) });
  const writer = new WireWriter('ab'.repeat(16));
  const series = writer.addSeries(['__name__', 'up', 'job', 'a']);
  const good = { series, low: 0, high: 0x3ff00000 };
  writer.addMetadata({ metric: 'up', type: 'gauge', help: 'Up?', unit: '' });
  writer.addSample(NOW_MS, good);
  const offer = { 'x-mon-wire': '1' };
  const first = await post(writer.take());
  t.match(first, { status: 204, headers: { ...offer, [WRITTEN]: '1' } });
  t.same((await server.ask('/api/v1/series?match[]=up')).json.data, [UP]);
  t.match((await server.ask('/api/v1/metadata')).json.data, { up: [{ type: 'gauge' }] });
  writer.addSample(NOW_MS + 1, good);
  writer.addSample(NOW_MS + 3_600_000, good);
  t.match(await post(writer.take()), {
    status: 400,
    headers: { ...offer, [WRITTEN]: '1' },
    json: { code: 'too-far-ahead', error: /Cannot store 1 of 2 samples/ },
  });
  writer.take();
  writer.addSample(NOW_MS + 2, good);
  const lost = await post(writer.take());
  t.match(lost, { status: 409, headers: offer, json: { code: 'wire-session-lost' } });
  t.notOk(WRITTEN in lost.headers);
  const cut = await post(Buffer.from('MWF1'));
  t.match(cut, { status: 400, headers: offer, json: { code: 'bad-wire-frame' } });
  t.notOk(WRITTEN in cut.headers);
  const metrics = (await server.ask('/metrics')).text;
  t.match(metrics, 'mon_ingest_samples_total{protocol="mon-wire-1"} 2');
  t.match(metrics, 'mon_wire_sessions 1');
  t.match(metrics, 'mon_ingest_requests_failed_total{code="wire-session-lost"} 1');
  t.match((await server.write(Buffer.from('no snappy'))).headers, offer);
});
