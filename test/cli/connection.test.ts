import { join } from 'node:path';
import { resolveConnection, serverUrl } from '@mon/cli/connection';
import type { Context, ContextFile } from '@mon/cli/context-file';
import t from 'tap';

const PROD: Context = { server: 'https://prod', tenant: 'shop' };
const LAB: Context = { server: 'http://lab:9500' };
const FILE: ContextFile = {
  current: 'prod',
  contexts: new Map(Object.entries({ prod: PROD, lab: LAB })),
};
const NONE: ContextFile = { current: undefined, contexts: new Map() };

t.test(
  'resolveConnection() takes flags, then environment, then context, then the default',
  async (t) => {
    const server = async (sources: Parameters<typeof resolveConnection>[0]) =>
      (await resolveConnection(sources)).server;
    const env = { MON_SERVER: 'http://env' };
    t.equal(await server({ flags: { server: 'http://flag' }, env, contexts: FILE }), 'http://flag');
    t.equal(await server({ flags: { context: 'lab' }, env, contexts: FILE }), 'http://lab:9500');
    t.equal(await server({ flags: {}, env, contexts: FILE }), 'http://env');
    t.equal(await server({ flags: {}, env: {}, contexts: FILE }), 'https://prod');
    t.equal(await server({ flags: {}, env: {}, contexts: NONE }), 'http://127.0.0.1:9500');
    t.equal(
      await server({ flags: {}, env: { MON_SERVER: '' }, contexts: NONE }),
      'http://127.0.0.1:9500',
    );
  },
);

t.test("resolveConnection() gives a context's token and tenant to no other server", async (t) => {
  const dir = t.testdir({ token: 'context-secret\n' });
  const contexts: ContextFile = {
    current: 'prod',
    contexts: new Map([['prod', { ...PROD, tokenFile: join(dir, 'token') }]]),
  };
  const own = await resolveConnection({ flags: {}, env: {}, contexts });
  t.same([own.token, own.tenant], ['context-secret', 'shop']);
  for (const sources of [
    { flags: { server: 'http://other' }, env: {} },
    { flags: { server: 'http://other', context: 'prod' }, env: {} },
    { flags: {}, env: { MON_SERVER: 'http://other' } },
  ]) {
    const other = await resolveConnection({ ...sources, contexts });
    t.same([other.server, other.token, other.tenant], ['http://other', undefined, undefined]);
  }
});

t.test('resolveConnection() reads the token from the flag, then the environment', async (t) => {
  const dir = t.testdir({ token: 'from-file', empty: '', two: 'a b' });
  const token = async (file: string | undefined) =>
    (
      await resolveConnection({
        flags: { 'token-file': file === undefined ? undefined : join(dir, file) },
        env: { MON_TOKEN: 'from-env' },
        contexts: NONE,
      })
    ).token;
  t.equal(await token('token'), 'from-file');
  t.equal(await token(undefined), 'from-env');
  for (const file of ['empty', 'two', 'missing']) {
    await t.rejects(token(file), { code: 'bad-token-file' }, file);
  }
});

t.test('resolveConnection() refuses an unknown context, serverUrl() what is no URL', async (t) => {
  await t.rejects(resolveConnection({ flags: { context: 'x' }, env: {}, contexts: FILE }), {
    code: 'unknown-context',
    why: 'there are prod, lab',
  });
  t.equal(serverUrl('http://a/mon//'), 'http://a/mon');
  for (const text of ['a:9500', '127.0.0.1:9500', 'ftp://a', 'http://a?x=1', '']) {
    t.throws(() => serverUrl(text), { code: 'bad-server-url' }, text);
  }
});
