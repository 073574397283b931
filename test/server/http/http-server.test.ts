import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { HttpServer } from '@mon/server/http/http-server';
import { json, plainText, type Route, success } from '@mon/server/http/route';
import { createRouter } from '@mon/server/http/router';
import { MetricRegistry } from '@mon/server/metrics/registry';
import { MonError } from '@mon/storage/model/error';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { request } from 'undici';

const BODY_BYTES_MAX = 10_000;

async function start(t: Test, routes: readonly Route[]) {
  const registry = new MetricRegistry();
  const http = await HttpServer.start({
    listen: { host: '127.0.0.1', port: 0 },
    router: createRouter(routes),
    registry,
    log: pino({ level: 'silent' }),
    bodyBytesMax: BODY_BYTES_MAX,
    connectionsMax: 100,
  });
  t.teardown(() => http.close());
  return { http, registry, url: http.url };
}

async function ask(url: string, options: Parameters<typeof request>[1] = {}) {
  const answer = await request(url, options);
  const text = await answer.body.text();
  const isJson = String(answer.headers['content-type']).startsWith('application/json');
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text,
    json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

const ECHO: Route = {
  method: 'POST',
  path: '/echo',
  handle: async (request) => json(200, { got: await request.json() }),
};

t.test('HttpServer routes literal paths, parameters and HEAD', async (t) => {
  const { url } = await start(t, [
    { method: 'GET', path: '/a', handle: () => plainText(200, 'hello') },
    { method: 'GET', path: '/label/:name/values', handle: (r) => success(r.param('name')) },
  ]);
  t.equal((await ask(`${url}/a?x=1`)).text, 'hello');
  t.same((await ask(`${url}/label/a%2Fb/values`)).json, { status: 'success', data: 'a/b' });
  const head = await ask(`${url}/a`, { method: 'HEAD' });
  t.equal(head.status, 200);
  t.equal(head.headers['content-length'], '5');
  t.equal(head.text, '');
});

t.test('HttpServer answers unknown paths and wrong methods with a hint', async (t) => {
  const { url, registry } = await start(t, [ECHO]);
  t.match(await ask(`${url}/ecko`), {
    status: 404,
    json: { status: 'error', errorType: 'not_found', hint: 'Did you mean /echo?' },
  });
  t.match(await ask(`${url}/echo`), {
    status: 405,
    json: { status: 'error', errorType: 'bad_data', hint: 'Send the request with POST.' },
  });
  t.match(registry.exposition(), /mon_http_requests_total\{handler="none",code="404"\} 1/);
});

t.test('HttpServer says where JSON is broken', async (t) => {
  const { url } = await start(t, [ECHO]);
  const broken = await ask(`${url}/echo`, { method: 'POST', body: '{"a":\n  1,}' });
  t.match(broken, { status: 400, json: { code: 'bad-json', error: /line 2 column/ } });
  const short = await ask(`${url}/echo`, { method: 'POST', body: '{"a":' });
  t.match(short, { status: 400, json: { error: /line 1 column 6/ } });
  const latin = await ask(`${url}/echo`, { method: 'POST', body: Buffer.from([0x22, 0xff, 0x22]) });
  t.match(latin, { status: 400, json: { code: 'bad-encoding' } });
});

t.test('HttpServer bounds bodies, announced, chunked or compressed', async (t) => {
  const { url } = await start(t, [ECHO]);
  const large = Buffer.alloc(BODY_BYTES_MAX + 1, 0x20);
  const refused = { status: 413, json: { code: 'body-too-large' } };
  t.match(await ask(`${url}/echo`, { method: 'POST', body: large }), refused);
  const chunks = async function* () {
    for (let i = 0; i < 11; i++) yield Buffer.alloc(1000, 0x20);
  };
  t.match(await ask(`${url}/echo`, { method: 'POST', body: Readable.from(chunks()) }), refused);
  const bomb = gzipSync(Buffer.alloc(1_000_000, 0x20));
  const headers = { 'content-encoding': 'gzip' };
  t.match(await ask(`${url}/echo`, { method: 'POST', body: bomb, headers }), refused);
  const fine = gzipSync('{"a":1}');
  t.match(await ask(`${url}/echo`, { method: 'POST', body: fine, headers }), {
    status: 200,
    json: { got: { a: 1 } },
  });
});

t.test('HttpServer refuses encodings it cannot undo', async (t) => {
  const { url } = await start(t, [ECHO]);
  const headers = { 'content-encoding': 'lzma' };
  t.match(await ask(`${url}/echo`, { method: 'POST', body: '1', headers }), {
    status: 415,
    json: { code: 'unsupported-encoding' },
  });
  const notGzip = { 'content-encoding': 'gzip' };
  t.match(await ask(`${url}/echo`, { method: 'POST', body: 'plain', headers: notGzip }), {
    status: 400,
    json: { code: 'bad-encoding' },
  });
});

t.test('HttpServer streams large answers and compresses them when asked', async (t) => {
  const pieces = () => Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`);
  const { url } = await start(t, [
    { method: 'GET', path: '/many', handle: () => ({ status: 200, body: pieces() }) },
    { method: 'GET', path: '/few', handle: () => ({ status: 200, body: ['a', 'b'] }) },
    { method: 'GET', path: '/none', handle: () => ({ status: 200, body: [] }) },
  ]);
  t.equal((await ask(`${url}/many`)).text, pieces().join(''));
  t.equal((await ask(`${url}/few`)).headers['content-length'], '2');
  t.equal((await ask(`${url}/none`)).text, '');
  const headers = { 'accept-encoding': 'deflate, gzip;q=0.5' };
  const zipped = await request(`${url}/many`, { headers });
  t.equal(zipped.headers['content-encoding'], 'gzip');
  t.equal(gunzipSync(await zipped.body.bytes()).toString(), pieces().join(''));
  const refusing = await request(`${url}/many`, { headers: { 'accept-encoding': 'gzip;q=0' } });
  t.equal(refusing.headers['content-encoding'], undefined);
  await refusing.body.dump();
});

t.test('HttpServer answers bugs with 500 and keeps serving', async (t) => {
  const { url } = await start(t, [
    ECHO,
    {
      method: 'GET',
      path: '/bug',
      handle: () => {
        throw new TypeError('x is not a function');
      },
    },
    {
      method: 'GET',
      path: '/full',
      handle: () => {
        throw new MonError({ code: 'disk-full', what: 'Cannot', why: 'w', mend: 'free room' });
      },
    },
  ]);
  const bug = await ask(`${url}/bug`);
  t.match(bug, { status: 500, json: { errorType: 'internal', error: /request \w+-\w+/ } });
  t.notMatch(bug.text, /not a function/);
  const full = await ask(`${url}/full`);
  t.match(full, { status: 503, json: { errorType: 'unavailable', hint: 'free room' } });
  t.equal(full.headers['retry-after'], '1');
  t.equal((await ask(`${url}/echo`, { method: 'POST', body: '1' })).status, 200);
});

t.test('HttpRequest takes tenants and form parameters', async (t) => {
  const route: Route = {
    method: 'POST',
    path: '/form',
    handle: async (r) => success({ tenant: r.tenant, all: [...(await r.parameters())] }),
  };
  const { url } = await start(t, [route]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const form = await ask(`${url}/form?q=2&z=3`, { method: 'POST', body: 'q=1&m=%7Bx%7D', headers });
  t.same(form.json['data'], {
    tenant: 'default',
    all: [
      ['q', '1'],
      ['m', '{x}'],
      ['q', '2'],
      ['z', '3'],
    ],
  });
  for (const bad of ['a/b', '..', 'x'.repeat(151)]) {
    const named = await ask(`${url}/form`, { method: 'POST', headers: { 'x-scope-orgid': bad } });
    t.match(named, { status: 400, json: { code: 'bad-tenant' } });
  }
});

t.test('HttpRequest.signal is aborted when the client hangs up', async (t) => {
  let started = (): void => {};
  const isUnderWay = new Promise<void>((resolve) => {
    started = resolve;
  });
  let ended = (_: string): void => {};
  const outcome = new Promise<string>((resolve) => {
    ended = resolve;
  });
  const { http } = await start(t, [
    {
      method: 'GET',
      path: '/slow',
      async handle({ signal }) {
        started();
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        ended('aborted');
        return plainText(200, '');
      },
    },
  ]);
  const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
  socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await isUnderWay;
  socket.destroy();
  t.equal(await outcome, 'aborted');
});

t.test('HttpServer.start() says why it cannot listen', async (t) => {
  const { http } = await start(t, []);
  const port = Number(new URL(http.url).port);
  const options = {
    router: createRouter([]),
    registry: new MetricRegistry(),
    log: pino({ level: 'silent' }),
    bodyBytesMax: 1,
    connectionsMax: 1,
  };
  await t.rejects(HttpServer.start({ ...options, listen: { host: '127.0.0.1', port } }), {
    code: 'cannot-listen',
    message: /another program listens there already/,
  });
});

t.test('HttpServer.close() finishes requests under way', async (t) => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let started = (): void => {};
  const isUnderWay = new Promise<void>((resolve) => {
    started = resolve;
  });
  const { http, url } = await start(t, [
    {
      method: 'GET',
      path: '/slow',
      async handle() {
        started();
        await gate;
        return plainText(200, 'done');
      },
    },
  ]);
  const asked = ask(`${url}/slow`);
  await isUnderWay;
  const closed = http.close();
  release();
  t.equal((await asked).text, 'done');
  await closed;
  await t.rejects(ask(`${url}/slow`), { code: 'ECONNREFUSED' });
});
