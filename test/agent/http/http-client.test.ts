import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { HttpClient, type HttpRequest } from '@mon/agent/http/http-client';
import { type HttpSettings, PLAIN_HTTP } from '@mon/agent/http/http-settings';
import t, { type Test } from 'tap';
import { type Exporter, startExporter, text } from '../exporter.ts';
import { hostTree } from '../host-tree.ts';

function clientFor(t: Test, exporter: Exporter, settings: Partial<HttpSettings> = {}) {
  const client = new HttpClient({ ...PLAIN_HTTP, ...settings });
  t.teardown(() => client.close());
  return (wanted: Partial<HttpRequest> = {}) =>
    client.send({
      method: 'GET',
      url: `http://${exporter.address}/x`,
      headers: {},
      timeoutMs: 60_000,
      bodyBytesMax: 1000,
      ...wanted,
    });
}

t.test('HttpClient sends method, headers and body and reads the answer', async (t) => {
  const exporter = await startExporter(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.writeHead(204 + 1, { 'x-a': 'b' }).end(Buffer.concat(chunks)));
  });
  const send = clientFor(t, exporter, {
    headers: { 'x-own': { kind: 'inline', value: 'mine' } },
  });
  const answer = await send({ method: 'POST', headers: { 'x-b': 'c' }, body: Buffer.from('hi') });
  t.equal(answer.status, 205);
  t.equal(answer.header('x-a'), 'b');
  t.equal(answer.body.toString(), 'hi');
  t.match(exporter.requests[0]?.headers, {
    'x-own': 'mine',
    'x-b': 'c',
    'accept-encoding': 'gzip',
  });
});

t.test('HttpClient unpacks gzip, within its bound', async (t) => {
  const exporter = await startExporter(t, (request, response) => {
    const size = Number(new URL(request.url ?? '', 'http://x').searchParams.get('size'));
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(size, 'a')));
  });
  const send = clientFor(t, exporter);
  const url = `http://${exporter.address}/x?size=`;
  t.equal((await send({ url: `${url}1000` })).body.length, 1000);
  await t.rejects(send({ url: `${url}1001` }), { code: 'answer-too-large' });
});

t.test('HttpClient refuses bodies over the bound, and gzip that is none', async (t) => {
  const exporter = await startExporter(t, text('a'.repeat(1001)));
  const send = clientFor(t, exporter);
  await t.rejects(send(), { code: 'answer-too-large', why: /1000 bytes/ });
  exporter.answer = (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain');
  };
  await t.rejects(send(), { code: 'request-failed' });
});

t.test('HttpClient says what went wrong on the way', async (t) => {
  const exporter = await startExporter(t, () => {});
  const send = clientFor(t, exporter);
  await t.rejects(send({ timeoutMs: 50 }), { code: 'request-failed', why: /within 50 ms/ });
  exporter.answer = (request) => request.socket.destroy();
  await t.rejects(send(), { code: 'request-failed', retryable: true });
  await t.rejects(send({ url: 'http://127.0.0.1:1/metrics' }), {
    code: 'request-failed',
    why: /nothing listens there/,
  });
  const abort = new AbortController();
  exporter.answer = () => abort.abort();
  await t.rejects(send({ signal: abort.signal }), { code: 'request-failed' });
});

t.test('HttpClient authenticates, with secrets read when used', async (t) => {
  const exporter = await startExporter(t, text(''));
  const tree = hostTree(t, { '/password': 's1\n' });
  const basic = clientFor(t, exporter, {
    basicAuth: {
      username: { kind: 'inline', value: 'me' },
      password: { kind: 'file', path: `${tree.root}/password` },
    },
  });
  await basic();
  tree.write('/password', 's2\n');
  await basic();
  const seen = exporter.requests.map(({ headers }) => headers.authorization);
  t.strictSame(
    seen.map((value) => Buffer.from(value?.slice('Basic '.length) ?? '', 'base64').toString()),
    ['me:s1', 'me:s2'],
  );
  tree.remove('/password');
  await t.rejects(basic(), { code: 'secret-unreadable' });
  const bearer = clientFor(t, exporter, {
    authorization: { type: 'Bearer', credentials: { kind: 'inline', value: 'tok' } },
  });
  await bearer();
  t.equal(exporter.requests.at(-1)?.headers.authorization, 'Bearer tok');
  await clientFor(t, exporter)({ url: `http://me:s%3A3@${exporter.address}/x` });
  const user = exporter.requests.at(-1)?.headers.authorization?.slice('Basic '.length) ?? '';
  t.equal(Buffer.from(user, 'base64').toString(), 'me:s:3');
});

t.test('HttpClient follows redirects unless told not to', async (t) => {
  const exporter = await startExporter(t, (request, response) => {
    if (request.url === '/x') response.writeHead(302, { location: '/y' }).end();
    else response.end('there');
  });
  t.equal((await clientFor(t, exporter)()).body.toString(), 'there');
  t.equal((await clientFor(t, exporter, { followRedirects: false })()).status, 302);
});

t.test('HttpClient checks certificates and shows its own', async (t) => {
  const file = (name: string) => `${import.meta.dirname}/fixtures/${name}`;
  const secret = (name: string) => ({ kind: 'file', path: file(name) }) as const;
  const server = createServer(
    {
      cert: readFileSync(file('server.pem')),
      key: readFileSync(file('server.key')),
      ca: readFileSync(file('client.pem')),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => response.end(`${(request.socket as TLSSocket).authorized}`),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const get = async (tls: Partial<HttpSettings['tls']>) => {
    const client = new HttpClient({ ...PLAIN_HTTP, tls: { ...PLAIN_HTTP.tls, ...tls } });
    t.teardown(() => client.close());
    const url = `https://127.0.0.1:${port}/`;
    const limits = { timeoutMs: 60_000, bodyBytesMax: 100 };
    return (await client.send({ method: 'GET', url, headers: {}, ...limits })).body.toString();
  };
  await t.rejects(get({}), { code: 'request-failed', why: /self.signed/ });
  await t.rejects(get({ ca: secret('server.pem') }), { code: 'request-failed', why: /IP|match/ });
  const ca = { ca: secret('server.pem'), serverName: 'server.test' };
  t.equal(await get(ca), 'false');
  t.equal(await get({ ...ca, cert: secret('client.pem'), key: secret('client.key') }), 'true');
  t.equal(await get({ insecureSkipVerify: true }), 'false');
  await t.rejects(get({ ca: secret('missing.pem') }), { code: 'secret-unreadable' });
});
