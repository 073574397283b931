/** What a server answers while its database opens. */
import { openingRouter, replayRoute } from '@mon/server/endpoints/opening-routes';
import { HttpServer } from '@mon/server/http/http-server';
import { plainText } from '@mon/server/http/route';
import { MetricRegistry } from '@mon/server/metrics/registry';
import type { ReplayProgress } from '@mon/storage/database-options';
import { pino } from 'pino';
import t from 'tap';
import { request } from 'undici';

t.test('a server that opens says that it lives and how far it is', async (t) => {
  let progress: ReplayProgress | undefined;
  const http = await HttpServer.start({
    listen: { host: '127.0.0.1', port: 0 },
    router: openingRouter(() => progress),
    registry: new MetricRegistry(),
    log: pino({ level: 'silent' }),
    bodyBytesMax: 1000,
    connectionsMax: 10,
  });
  t.teardown(() => http.close());
  const ask = async (path: string, method: 'GET' | 'POST' = 'GET') => {
    const answer = await request(`${http.url}${path}`, { method });
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  t.equal((await ask('/-/healthy')).status, 200);
  t.equal((await ask('/-/ready')).status, 503);
  progress = { first: 7, last: 10, done: 1, segments: 4 };
  const ready = await ask('/-/ready');
  t.equal(ready.status, 503);
  t.match(ready.text, /25 % of the write-ahead log/);
  t.same(JSON.parse((await ask('/api/v1/status/walreplay')).text).data, {
    ...{ min: 7, max: 10, current: 8 },
  });
  for (const method of ['GET', 'POST'] as const) {
    const refused = await ask('/api/v1/write', method);
    t.equal(refused.status, 503);
    t.match(JSON.parse(refused.text), { code: 'starting', errorType: 'unavailable' });
  }
  progress = { first: 7, last: 10, done: 4, segments: 4 };
  http.serve([
    { method: 'GET', path: '/-/ready', handle: () => plainText(200, 'mon is ready.\n') },
    replayRoute(() => progress),
  ]);
  t.equal((await ask('/-/ready')).status, 200);
  t.equal(JSON.parse((await ask('/api/v1/status/walreplay')).text).data.current, 10);
  t.equal((await ask('/api/v1/write')).status, 404);
});
