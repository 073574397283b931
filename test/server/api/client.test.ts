import { ApiClient } from '@mon/server/api/client';
import { HttpServer } from '@mon/server/http/http-server';
import { json, plainText, type Route, success } from '@mon/server/http/route';
import { createRouter } from '@mon/server/http/router';
import { MetricRegistry } from '@mon/server/metrics/registry';
import { MonError } from '@mon/storage/model/error';
import { pino } from 'pino';
import t, { type Test } from 'tap';

async function start(t: Test, routes: readonly Route[]): Promise<ApiClient> {
  const http = await HttpServer.start({
    listen: { host: '127.0.0.1', port: 0 },
    router: createRouter(routes),
    registry: new MetricRegistry(),
    log: pino({ level: 'silent' }),
    bodyBytesMax: 10_000,
    connectionsMax: 10,
  });
  const client = new ApiClient({ server: `${http.url}/`, tenant: 'blue', token: 'abc' });
  t.teardown(async () => {
    await client.close();
    await http.close();
  });
  return client;
}

t.test('ApiClient sends parameters, tenant and token', async (t) => {
  const client = await start(t, [
    {
      method: 'POST',
      path: '/api/v1/query',
      handle: async (request) =>
        success({
          parameters: [...(await request.parameters())],
          tenant: request.tenant,
          authorization: request.headers.authorization,
        }),
    },
  ]);
  const answer = await client.query({ query: 'up', timeMs: 1500 });
  t.same(answer.data, {
    parameters: [
      ['query', 'up'],
      ['time', '1.5'],
    ],
    tenant: 'blue',
    authorization: 'Bearer abc',
  });
});

t.test('ApiClient repeats match[] and escapes label names', async (t) => {
  const client = await start(t, [
    {
      method: 'GET',
      path: '/api/v1/label/:name/values',
      handle: async (request) =>
        success([request.param('name'), ...(await request.parameters()).getAll('match[]')]),
    },
  ]);
  t.same(await client.labelValues('a/b', { match: ['x', 'y'] }), ['a/b', 'x', 'y']);
});

t.test('ApiClient gives the error of the server with its hint', async (t) => {
  const client = await start(t, [
    {
      method: 'POST',
      path: '/api/v1/query',
      handle: () => {
        throw new MonError({ code: 'bad-query', what: '1:1', why: 'a: b', mend: 'Mend it.' });
      },
    },
    {
      method: 'GET',
      path: '/api/v1/metadata',
      handle: () => json(400, { status: 'error', errorType: 'bad_data', error: 'no: good' }),
    },
    { method: 'GET', path: '/api/v1/status/jobs', handle: () => plainText(401, 'who?') },
    { method: 'GET', path: '/api/v1/status/buildinfo', handle: () => plainText(200, '<html>') },
  ]);
  await t.rejects(client.query({ query: '(' }), {
    code: 'bad-query',
    what: '1:1',
    why: 'a: b',
    mend: 'Mend it.',
    retryable: false,
  });
  await t.rejects(client.metadata(), { code: 'server-refused', why: 'no: good' });
  await t.rejects(client.jobs(), { code: 'not-authorised' });
  await t.rejects(client.buildInfo(), { code: 'bad-answer' });
});

t.test('ApiClient says that nothing listens', async (t) => {
  const client = new ApiClient({ server: 'http://127.0.0.1:1' });
  t.teardown(() => client.close());
  await t.rejects(client.query({ query: 'up' }), {
    code: 'server-unreachable',
    why: 'nothing listens there',
    retryable: true,
  });
  t.equal(await client.isReady(), false);
});

t.test('ApiClient stops waiting when told to', async (t) => {
  const client = await start(t, [
    {
      method: 'POST',
      path: '/api/v1/query',
      handle: ({ signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve(plainText(200, ''))),
        ),
    },
  ]);
  const stop = new AbortController();
  const asked = client.query({ query: 'up' }, stop.signal);
  setImmediate(() => stop.abort());
  await t.rejects(asked, { name: 'AbortError' });
});
