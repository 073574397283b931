import { createSocket } from 'node:dgram';
import { StatsdListener } from '@mon/agent/statsd/statsd-listener';
import { labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { sampleLines } from '../sample-lines.ts';

function listener(t: Test, port = 0) {
  const clock = new ManualClock(100_000);
  const delivered: string[][] = [];
  const listening = new StatsdListener({
    host: '127.0.0.1',
    port,
    flushIntervalMs: 10_000,
    clock,
    deliver: (columns) => delivered.push(sampleLines(columns)),
    targetLabels: labelsFromRecord({ job: 'statsd' }),
    finishLabels: (labels) => labels,
    seriesMax: 100,
    expiryMs: 60_000,
  });
  t.teardown(() => listening.stop(false));
  return { listening, clock, delivered };
}

function sendTo(address: string, packet: string | Buffer): void {
  const socket = createSocket('udp4');
  socket.send(packet, Number(address.split(':')[1]), '127.0.0.1', () => socket.close());
}

t.test('StatsdListener takes several lines of a packet and flushes once an interval', async (t) => {
  const { listening, clock, delivered } = listener(t);
  await listening.start();
  sendTo(listening.address, 'a:1|c\nb:2|g\r\n\nbroken\na:1|c\n');
  await eventually('the packet is in', () => listening.lines === 4);
  t.strictSame([...listening.faults], [['no-value', 1]]);
  await clock.advance(10_000);
  t.strictSame(delivered, [['a{job="statsd"} 2 110000', 'b{job="statsd"} 2 110000']]);
  sendTo(listening.address, Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x80]));
  await eventually('the noise is counted', () => listening.packets === 2);
  sendTo(listening.address, 'a:1|c');
  await eventually('and the next is taken', () => listening.packets === 3);
  await listening.stop(true);
  t.strictSame(delivered.slice(1), [
    ['a{job="statsd"} 3 110000', 'b{job="statsd"} 2 110000'],
    ['a{job="statsd"} stale 110001', 'b{job="statsd"} stale 110001'],
  ]);
});

t.test('StatsdListener says when its port is taken', async (t) => {
  const first = listener(t);
  await first.listening.start();
  const port = Number(first.listening.address.split(':')[1]);
  const second = listener(t, port);
  await t.rejects(second.listening.start(), {
    code: 'cannot-listen',
    why: /another program/,
    mend: /agent\.statsd/,
  });
});
