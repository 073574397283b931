import { plainRemote } from '@mon/agent/config/remote-write-config';
import {
  type DeliveryEvent,
  RemoteSender,
  type RemoteSettings,
} from '@mon/agent/send/remote-sender';
import { SPOOL_BYTES_MIN, Spool } from '@mon/agent/spool/spool';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import t, { type Test } from 'tap';
import { columnsOf, numberedColumns } from '../columns.ts';
import { eventually } from '../eventually.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function start(t: Test, receiver: Receiver, settings: Partial<RemoteSettings> = {}) {
  const remote = { ...plainRemote(receiver.url), name: 'r', ...settings };
  const dir = temporaryFolder(t);
  const spool = new Spool({
    dir,
    bytesMax: 64 * SPOOL_BYTES_MIN,
    remotes: ['r'],
    onLoss: () => t.fail('nothing may be lost'),
  });
  const clock = new ManualClock(1_000_000);
  const events: DeliveryEvent[] = [];
  const dialects: string[] = [];
  const sender = new RemoteSender(remote, {
    spool,
    clock,
    random: () => 1,
    userAgent: 'mon-agent/test',
    onDelivery: (event) => events.push(event),
    onSent: (_, dialect) => dialects.push(dialect),
  });
  sender.start();
  let isStopped = false;
  t.teardown(async () => {
    if (!isStopped) await sender.stop(0);
    spool.close();
  });
  return {
    sender,
    spool,
    clock,
    events,
    dialects,
    append(count: number, timestampMs = 1) {
      spool.append(numberedColumns(count, timestampMs), [], clock.nowMs());
      sender.notify();
    },
    /** Lets time pass in small steps until the condition holds. */
    until(what: string, probe: () => boolean, stepMs = 100) {
      return eventually(what, () => {
        void clock.advance(stepMs);
        return probe();
      });
    },
    async stop(graceMs: number) {
      isStopped = true;
      await sender.stop(graceMs);
    },
  };
}

t.test('RemoteSender sends what is in the spool once it is old enough', async (t) => {
  const receiver = await startReceiver(t);
  const running = start(t, receiver, { batchAgeMs: 5000 });
  running.append(2);
  running.append(1, 2);
  await running.clock.advance(4999);
  t.equal(receiver.requests, 0);
  await running.until('the batch is sent', () => running.events.length >= 1);
  t.strictSame(receiver.taken, [['m{i="0"} 0 1', 'm{i="1"} 1 1', 'm{i="0"} 0 2']]);
  t.match(receiver.headers[0], {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
    'user-agent': 'mon-agent/test',
  });
  t.match(running.sender.status, { lastError: '', samplesSent: 3, lagMs: 0 });
});

t.test('RemoteSender does not wait when a batch is full', async (t) => {
  const receiver = await startReceiver(t);
  const running = start(t, receiver, { batchSamplesMax: 10, batchAgeMs: 60_000 });
  for (let i = 0; i < 5; i++) running.append(5, i + 1);
  await eventually('all is sent', () => receiver.taken.flat().length === 25);
  t.strictSame(
    receiver.taken.map((lines) => lines.length),
    [10, 10, 5],
  );
});

t.test('RemoteSender tries again after 5xx, 429 and a broken network, in order', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answers.push({ status: 503, body: 'full' }, { status: 429 }, { status: 500 });
  const running = start(t, receiver);
  running.append(1, 1);
  await running.until('it was refused once', () => running.events.length >= 1);
  t.match(running.events[0], { attempt: 1, delivery: { reason: 'status 503: full' } });
  running.append(1, 2);
  await running.until('both are there', () => receiver.taken.flat().length === 2, 1000);
  t.strictSame(receiver.taken.flat(), ['m{i="0"} 0 1', 'm{i="0"} 0 2']);
  t.strictSame(
    running.events.slice(0, 4).map(({ delivery, attempt }) => `${delivery.kind} ${attempt}`),
    ['retry 1', 'retry 2', 'retry 3', 'accepted 4'],
  );
});

t.test('RemoteSender obeys Retry-After', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answers.push({ status: 429, headers: { 'retry-after': '60' } });
  const running = start(t, receiver);
  running.append(1);
  await running.until('it was turned away', () => running.events.length >= 1);
  for (let i = 0; i < 58; i++) await running.clock.advance(1000);
  t.equal(receiver.requests, 1);
  await running.until('it comes back', () => receiver.taken.length === 1, 1000);
});

t.test('RemoteSender comes back though the wall clock is set back', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answers.push({ status: 503 });
  const running = start(t, receiver);
  running.append(1);
  await running.until('it was turned away', () => running.events.length >= 1);
  running.clock.jumpTo(0);
  await running.until('it comes back', () => receiver.taken.length === 1);
  t.ok(running.clock.nowMs() < 60_000);
});

t.test('RemoteSender drops what the remote will never take, and goes on', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answers.push({ status: 400, body: 'bad labels' });
  const running = start(t, receiver);
  running.append(3, 1);
  await running.until('it was refused', () => running.events.length === 1);
  t.match(running.events, [
    { delivery: { kind: 'refused', reason: 'status 400: bad labels' }, samples: 3 },
  ]);
  running.append(1, 2);
  await running.until('the next is taken', () => receiver.taken.length === 1);
  t.strictSame(receiver.taken, [['m{i="0"} 0 2']]);
});

t.test('RemoteSender relabels for its remote, staleness markers kept', async (t) => {
  const receiver = await startReceiver(t);
  const running = start(t, receiver, {
    relabel: [
      { action: 'drop', sourceLabels: ['__name__'], regex: 'drop' },
      { targetLabel: 'site', replacement: 'x' },
    ],
  });
  const labels = ['keep', 'drop', 'stale'].map((name) => labelsFromRecord({ __name__: name }));
  const columns = columnsOf(labels, 5);
  setStaleAt(bitsOf(columns.values), 2);
  running.spool.append(columns, [], 1);
  running.sender.notify();
  await running.until('it is sent', () => receiver.taken.length === 1);
  t.strictSame(receiver.taken, [['keep{site="x"} 0 5', 'stale{site="x"} stale 5']]);
});

t.test('RemoteSender acknowledges a batch of which relabeling leaves nothing', async (t) => {
  const receiver = await startReceiver(t);
  const running = start(t, receiver, { relabel: [{ action: 'drop' }] });
  running.append(1);
  await running.until('it is passed over', () => running.spool.read('r', 1) === undefined);
  t.equal(receiver.requests, 0);
});

t.test('RemoteSender.stop() sends the rest while the remote takes it', async (t) => {
  const receiver = await startReceiver(t);
  const running = start(t, receiver, { batchAgeMs: 60_000 });
  running.append(1);
  await running.stop(1000);
  t.equal(receiver.taken.length, 1);
  t.equal(running.spool.read('r', 1), undefined);
});

t.test('RemoteSender.stop() leaves in the spool what cannot be sent', async (t) => {
  const receiver = await startReceiver(t);
  receiver.status = 503;
  const running = start(t, receiver);
  running.append(1);
  await running.until('it was turned away', () => running.events.length >= 1);
  await running.stop(1000);
  t.equal(receiver.taken.length, 0);
  t.match(running.spool.read('r', 1), { samples: 1 });
});

t.test('RemoteSender speaks 2.0 to who takes it, metadata with each series', async (t) => {
  const receiver = await startReceiver(t, ['2.0']);
  const running = start(t, receiver);
  const metadata = { metric: 'm', type: 'gauge' as const, help: 'M.', unit: '' };
  running.spool.append(numberedColumns(2, 5), [metadata], 1);
  running.sender.notify();
  await running.until('it is sent', () => receiver.taken.length === 1);
  t.strictSame(receiver.taken, [['m{i="0"} 0 5', 'm{i="1"} 1 5']]);
  t.strictSame(receiver.metadata, [metadata]);
  t.match(receiver.headers[0], {
    'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'x-prometheus-remote-write-version': '2.0.0',
  });
  running.append(1, 6);
  await running.until('the next is sent', () => running.events.length === 2);
  t.strictSame(running.dialects, ['remote-write-2', 'remote-write-2']);
  t.equal(running.sender.status.dialect, 'remote-write-2');
});

t.test('RemoteSender falls back to 1.0 and stays there', async (t) => {
  const receiver = await startReceiver(t, ['1.0']);
  const running = start(t, receiver);
  running.append(1, 1);
  await running.until('it is sent', () => receiver.taken.length === 1);
  running.append(1, 2);
  await running.until('the next is sent', () => receiver.taken.length === 2);
  t.strictSame(receiver.taken.flat(), ['m{i="0"} 0 1', 'm{i="0"} 0 2']);
  t.strictSame(running.dialects, ['remote-write-2', 'remote-write-1', 'remote-write-1']);
  await running.until('both are noted', () => running.events.length === 2);
  t.strictSame(
    running.events.map(({ attempt }) => attempt),
    [1, 1],
    'the request in between is none of the batch',
  );
});

t.test('RemoteSender falls back where 2.0 is answered with 2xx and read by nobody', async (t) => {
  const receiver = await startReceiver(t, ['1.0', '2.0']);
  receiver.hidesWritten = true;
  const running = start(t, receiver);
  running.append(1, 1);
  await running.until('it is sent', () => running.events.length === 1);
  t.strictSame(running.dialects, ['remote-write-2', 'remote-write-1']);
});

t.test('RemoteSender sends the configured message and no other', async (t) => {
  const receiver = await startReceiver(t, ['1.0']);
  const running = start(t, receiver, { dialect: 'remote-write-2' });
  running.append(1, 1);
  await running.until('it is refused', () => running.events.length === 1);
  t.match(running.events, [{ delivery: { kind: 'refused', reason: /^status 415/ } }]);
  t.strictSame(running.dialects, ['remote-write-2']);
});
