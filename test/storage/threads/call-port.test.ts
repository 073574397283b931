import { MessageChannel } from 'node:worker_threads';
import { MonError } from '@mon/storage/model/error';
import { CallPort, Transferred } from '@mon/storage/threads/call-port';
import t from 'tap';

type Calls = {
  add(ask: { a: number; b: number }): number;
  slow(ask: string): Promise<string>;
  fail(ask: null): never;
  take(ask: Uint8Array): Uint8Array;
};
const ERROR = { code: 'x', what: 'Cannot do', why: 'so', mend: 'Wait.', retryable: true };

t.test('CallPort answers calls, in both directions', async (t) => {
  const { port1, port2 } = new MessageChannel();
  t.teardown(() => port1.close());
  const release: (() => void)[] = [];
  const server = new CallPort<{ ping(ask: number): number }, Calls>(port1, {
    add: ({ a, b }) => a + b,
    slow: (text) => new Promise((resolve) => release.push(() => resolve(text))),
    fail: () => {
      throw new MonError(ERROR);
    },
    take: (bytes) => new Transferred(bytes, [bytes.buffer as ArrayBuffer]),
  });
  const client = new CallPort<Calls, { ping(ask: number): number }>(port2, {
    ping: (n) => n + 1,
  });
  const slow = client.call('slow', 'late');
  t.equal(await client.call('add', { a: 1, b: 2 }), 3, 'an answer may overtake');
  t.equal(client.pending, 1);
  for (const go of release) go();
  t.equal(await slow, 'late');
  t.equal(await server.call('ping', 1), 2);
  await t.rejects(client.call('fail', null), ERROR);
  const bytes = new Uint8Array([1, 2, 3]);
  const taken = await client.call('take', bytes, [bytes.buffer]);
  t.same([...taken], [1, 2, 3]);
  t.equal(bytes.length, 0, 'its buffer was handed over');
  const waiting = client.call('slow', 'never');
  client.close(new MonError(ERROR));
  await t.rejects(waiting, ERROR);
  await t.rejects(client.call('add', { a: 1, b: 1 }), ERROR);
});
