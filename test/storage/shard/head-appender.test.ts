import { MessageChannel } from 'node:worker_threads';
import { Head } from '@mon/storage/head/head';
import { SamplePart } from '@mon/storage/head/sample-part';
import { newShardMemory, TRANSIT } from '@mon/storage/memory/shard-layout';
import { PAGES_MAX, ShardMemory } from '@mon/storage/memory/shard-memory';
import { TransitSpace } from '@mon/storage/memory/transit-space';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { HeadAppender } from '@mon/storage/shard/head-appender';
import t, { type Test } from 'tap';

const ANY = { minTimeMs: -1e12, maxTimeMs: 1e12 };
const FAILURE = { kind: 'failed', isDiskFull: false, reason: 'the disk is broken' };

function appending(t: Test) {
  const memory = new ShardMemory(PAGES_MAX, newShardMemory());
  const transit = new TransitSpace(memory.buffer, TRANSIT);
  const head = new Head(new Uint8Array(16), 1, memory);
  const ref = head.resolve(DEFAULT_TENANT, labelsFromRecord({ __name__: 'm' }));
  const { port1, port2 } = new MessageChannel();
  t.teardown(() => port1.close());
  const appender = new HeadAppender(head, 0, { log: port2, transit });
  const append = () => {
    const part = SamplePart.inPages(memory, 1, 1);
    part.refs[0] = ref;
    part.sampleOffsets.set([0, 1]);
    part.timestampsMs[0] = 1000;
    part.valueBits.set([7, 0]);
    return appender.append(DEFAULT_TENANT, part, ANY);
  };
  const answer = (reply: object) => port1.postMessage({ ...reply, count: 2 });
  return { append, answer, appender };
}

t.test('HeadAppender answers a repeated sample when the first one is durable', async (t) => {
  const { append, answer } = appending(t);
  const order: string[] = [];
  const first = append().then(() => order.push('first'));
  const again = append().then(() => order.push('again'));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(order, []);
  answer({ kind: 'committed' });
  await Promise.all([first, again]);
  t.same(order, ['first', 'again']);
  await append();
});

t.test('HeadAppender fails a repeated sample with the first one', async (t) => {
  const { append, answer, appender } = appending(t);
  const both = [append(), append()];
  answer(FAILURE);
  for (const failed of both) await t.rejects(failed, { code: 'wal-failed' });
  t.equal(appender.samplesAppended, 0);
});
