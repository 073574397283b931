/**
 * Bad input of every kind to one started `mon up`: each is refused clearly, and after each the good
 * still works.
 */
import { createSocket } from 'node:dgram';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { encodeRemoteWrite, encodeWriteRequest } from '@mon/storage/protocol/remote-write-encode';
import { packSnappy } from '@mon/storage/protocol/snappy';
import t, { type Test } from 'tap';
import { eventually, instant, runMon, type StartedMon, startMon } from './started-mon.ts';

t.setTimeout(110_000);

const BODY_BYTES_MAX = 100_000;
const PAGES: Readonly<Record<string, string>> = {
  '/good': 'fine_metric 7\n',
  '/bad': 'good_metric 1\nbad line here\n',
  '/html': '<html><body>not metrics</body></html>',
};

async function startPages(t: Test): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(PAGES[request.url ?? ''] ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A UDP port that was free a moment ago. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function configText(pagesPort: number, statsdPort: number): string {
  const jobs = ['good', 'bad', 'html'].map(
    (name) => `- job_name: ${name}
  metrics_path: /${name}
  static_configs: [{ targets: ["127.0.0.1:${pagesPort}"] }]
`,
  );
  return `global: { scrape_interval: 1s, scrape_timeout: 1s }
server: { limits: { body_size: ${BODY_BYTES_MAX}B } }
agent: { statsd: { listen: "127.0.0.1:${statsdPort}", flush_interval: 1s } }
scrape_configs:
${jobs.join('')}`;
}

const COLUMNS = {
  labels: [labelsFromRecord({ __name__: 'written' })],
  sampleOffsets: Uint32Array.of(0, 1),
  timestampsMs: Float64Array.of(Date.now()),
  values: Float64Array.of(1),
};
/** Snappy's length prefix alone. */
const UNPACKS_TO_256_MB = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x01);
const PROTOBUF = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
const LATER_PROTOBUF = {
  ...PROTOBUF,
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request',
};
const JSON_TYPE = { 'content-type': 'application/json' };

interface BadRequest {
  readonly title: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | string;
  readonly status: number;
  readonly code: string;
}

function badWrites(): BadRequest[] {
  const plain = encodeWriteRequest(COLUMNS, [], { from: 0, to: 1 });
  const write = { method: 'POST', path: '/api/v1/write', headers: PROTOBUF };
  const metrics = { method: 'POST', path: '/api/v1/metrics', headers: JSON_TYPE };
  const version = 'x-prometheus-remote-write-version';
  const large = new Uint8Array(BODY_BYTES_MAX + 1);
  const bad = { status: 400, code: 'bad-body' };
  const type = { status: 415, code: 'unsupported-media-type' };
  const size = { status: 413, code: 'body-too-large' };
  return [
    { ...write, ...bad, title: 'no snappy', body: 'garbage' },
    { ...write, ...bad, title: 'empty', body: '' },
    { ...write, ...bad, title: 'no protobuf', body: packSnappy(Buffer.from('\u00ff'.repeat(50))) },
    { ...write, ...bad, title: 'cut short', body: packSnappy(plain.subarray(0, -3)) },
    { ...write, ...type, title: 'JSON as remote write', headers: JSON_TYPE, body: '{}' },
    { ...write, ...bad, title: '2.0', headers: { ...PROTOBUF, [version]: '2.0.0' }, body: 'x' },
    { ...write, ...type, title: 'a later one', headers: LATER_PROTOBUF, body: 'x' },
    { ...write, ...size, title: 'too large', body: large },
    { ...write, ...bad, title: 'too large when unpacked', body: UNPACKS_TO_256_MB },
    { ...metrics, title: 'no JSON', body: '{"metrics": [', status: 400, code: 'bad-json' },
    { ...metrics, title: 'no number', body: '{"metrics":[{"name":"x","value":"a"}]}', ...sample() },
    { ...metrics, ...size, title: 'too large JSON', body: `[${' '.repeat(BODY_BYTES_MAX)}]` },
    {
      ...{ ...metrics, ...size, title: 'too large JSON when unpacked' },
      headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
      body: new Uint8Array(gzipSync(large)),
    },
  ];
}

function sample() {
  return { status: 400, code: 'bad-sample' };
}

function badQuestions(): BadRequest[] {
  const range = '/api/v1/query_range?query=up';
  const parameter = { status: 400, code: 'bad-parameter' };
  const query = { status: 400, code: 'bad-query' };
  const unknown = { status: 404, code: 'unknown-path' };
  const tenant = { 'x-scope-orgid': 'a/b' };
  return [
    { title: 'open parenthesis', path: '/api/v1/query?query=sum(', ...query },
    { title: 'deep', path: `/api/v1/query?query=${'('.repeat(3000)}`, ...query },
    { title: 'no query', path: '/api/v1/query', ...parameter },
    { title: 'time in words', path: '/api/v1/query?query=up&time=yesterday', ...parameter },
    { title: 'time NaN', path: '/api/v1/query?query=up&time=NaN', ...parameter },
    { title: 'timeout below 0', path: '/api/v1/query?query=up&timeout=-1', ...parameter },
    { title: 'step 0', path: `${range}&start=0&end=1&step=0`, ...parameter },
    { title: 'end first', path: `${range}&start=10&end=1&step=1`, ...parameter },
    { title: 'too many steps', path: `${range}&start=0&end=1e9&step=1`, ...parameter },
    { title: 'series without selector', path: '/api/v1/series', ...parameter },
    { title: 'selector cut short', path: '/api/v1/series?match[]=nope%7B', ...parameter },
    { title: 'unknown path', path: '/api/v1/nothing', ...unknown },
    { title: 'no UTF-8 in the path', path: '/%ff%zz', ...unknown },
    { title: 'path upwards', path: '/../../etc/passwd', ...unknown },
    {
      ...{ title: 'wrong method', method: 'DELETE', path: '/api/v1/query' },
      ...{ status: 405, code: 'method-not-allowed' },
    },
    {
      ...{ title: 'tenant', path: '/api/v1/query?query=up', headers: tenant },
      ...{ status: 400, code: 'bad-tenant' },
    },
  ];
}

/** Sends a request as it is: `fetch` would tidy paths and refuse bodies. */
async function send(url: string, bad: BadRequest): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  const { method = 'GET', path, headers = {}, body } = bad;
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ hostname, port, method, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

let goodWrites = 0;

/** A good write is taken, and a good query answered. */
async function stillWorks(t: Test, { url }: StartedMon, after: string): Promise<void> {
  const labels = [labelsFromRecord({ __name__: 'still_works', nth: String(++goodWrites) })];
  const columns = { ...COLUMNS, labels, timestampsMs: Float64Array.of(Date.now()) };
  const answer = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: PROTOBUF,
    body: encodeRemoteWrite(columns),
  });
  await answer.arrayBuffer();
  const [count] = await instant(url, 'count(last_over_time(still_works[10m]))');
  t.same([answer.status, count?.value[1]], [204, String(goodWrites)], `after ${after}`);
}

/** Writes bytes to the server's port; resolves to what came back before the connection ended. */
async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(bytes, 'latin1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
  return text;
}

t.test('mon up refuses bad input clearly and goes on', async (t) => {
  const statsdPort = await freeUdpPort();
  const dir = t.testdir({ 'mon.yml': configText(await startPages(t), statsdPort) });
  const mon = await startMon({ args: ['up', '--no-top', '--config', 'mon.yml'], dir });
  t.teardown(async () => {
    await mon.stop();
  });

  await t.test('over HTTP', async (t) => {
    for (const bad of [...badWrites(), ...badQuestions()]) {
      const { status, text } = await send(mon.url, bad);
      t.equal(status, bad.status, `${bad.title}: ${text}`);
      const body = JSON.parse(text) as Record<string, string>;
      t.equal(body['code'], bad.code, `${bad.title}: ${text}`);
      t.match(body, { status: 'error', error: /./, hint: /./ }, bad.title);
      await stillWorks(t, mon, bad.title);
    }
  });

  await t.test('that is no HTTP', async (t) => {
    const header = 'GET / HTTP/1.1\r\nHost: x\r\n';
    for (const [title, bytes] of [
      ['a line without colon', `${header}Bad Header\r\n\r\n`],
      ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001'],
      ['two lengths', `${header}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
      ['a header of a megabyte', `${header}x: ${'a'.repeat(1_000_000)}\r\n\r\n`],
    ] as const) {
      t.match(await sendRaw(mon.url, bytes), /^(HTTP\/1\.1 4\d\d .*)?/, title);
      await stillWorks(t, mon, title);
    }
  });

  await t.test('on exposition pages: the target is down, and it is told why', async (t) => {
    await eventually('three targets', async () => {
      const [count] = await instant(mon.url, 'count(up{job=~"good|bad|html"})');
      return count?.value[1] === '3' ? true : undefined;
    });
    const up = await instant(mon.url, 'up{job=~"good|bad|html"}');
    const states = Object.fromEntries(up.map(({ metric, value }) => [metric['job'], value[1]]));
    t.same(states, { good: '1', bad: '0', html: '0' });
    t.same(await instant(mon.url, 'good_metric'), [], 'nothing of the bad page is kept');
    t.equal((await instant(mon.url, 'fine_metric'))[0]?.value[1], '7');
    t.match(mon.errors(), /"job":"bad".*line 2, column 5.*the target is down/, 'in the log');
    const spool = join(mon.dir, 'data/agent');
    const shown = await runMon(['agent', 'targets', '--spool-dir', spool]);
    t.match(shown.stdout, /^bad .* down .*line 2, column 5/m, 'in mon agent targets');
  });

  await t.test('as StatsD packets: counted by reason, the others kept', async (t) => {
    const socket = createSocket('udp4');
    for (const packet of [
      'kept.count:3|c\nnonsense\nbad:abc|c',
      'x:1|zz',
      ':1|c',
      '\u00ff\u0000',
      'kept.gauge:5|g',
    ]) {
      await new Promise((resolve) => socket.send(packet, statsdPort, '127.0.0.1', resolve));
    }
    socket.close();
    const value = async (query: string) => (await instant(mon.url, query))[0]?.value[1];
    await eventually('the good lines', async () => {
      const found = [await value('kept_count'), await value('kept_gauge')];
      return found.join() === '3,5' ? true : undefined;
    });
    await eventually('the bad lines', async () => {
      const malformed = await value('sum(mon_agent_statsd_malformed_lines_total)');
      return malformed === '5' ? true : undefined;
    });
    await stillWorks(t, mon, 'StatsD');
  });
});

t.test('bad files: every mistake with its place, exit code 1', async (t) => {
  const dir = t.testdir({
    'rules.yml': `groups:
- name: a
  rules:
  - { record: x y, expr: "sum(" }
  - { alert: Foo, expr: up == 0, forr: 5m, annotations: { summary: "{{ .Foo" } }
`,
    'broken.yml': 'a: b: c\n\tx',
    'config.yml': 'scrape_configs: [{ jobname: a }]\nagent: { statsd: { on: 1 } }\n',
    'binary.yml': Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  });
  for (const [command, file, ...wanted] of [
    ['rules check', 'rules.yml', /^rules\.yml:4:\d+: .*record/m, /^rules\.yml:4:\d+: .*expr/m],
    ['rules check', 'rules.yml', /^rules\.yml:5:\d+: .*'for'/m, /^rules\.yml:5:\d+: .*summary/m],
    ['rules check', 'broken.yml', /^broken\.yml:1:\d+: /m, /^broken\.yml:2:\d+: /m],
    ['config check', 'broken.yml', /^broken\.yml:1:\d+: /m, /^broken\.yml:2:\d+: /m],
    ['config check', 'config.yml', /^config\.yml:1:\d+: .*'job_name'/m, /^config\.yml:2:\d+: /m],
    ['config check', 'binary.yml', /^Error: .*binary\.yml.* Try this: /m],
    ['rules check', 'binary.yml', /binary\.yml/m],
    ['config check', 'missing.yml', /^Error: .*missing\.yml: no such file.* Try this: /m],
    ['rules check', 'missing.yml', /missing\.yml/m],
    ['config check', '.', /^Error: .*: .*directory.* Try this: /m],
  ] as const) {
    const { code, stderr } = await runMon([...command.split(' '), file], dir);
    t.equal(code, 1, `${command} ${file}: exit code`);
    for (const pattern of wanted) t.match(stderr, pattern, `${command} ${file}`);
    t.notMatch(stderr, /^\s+at /m, 'no stack');
  }
});
