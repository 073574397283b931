import { MonError } from '@mon/storage/model/error';
import { encodeFrame, readFrameHead, unpackFrame } from '@mon/storage/protocol/mon-wire-frame';
import { WireReader, WireSamples } from '@mon/storage/protocol/mon-wire-reader';
import { WireWriter } from '@mon/storage/protocol/mon-wire-writer';
import t, { type Test } from 'tap';
import { randomFrom } from '../encoding/seeded-random.ts';

const SESSION = '000102030405060708090a0b0c0d0e0f';
const STALE: readonly [number, number] = [2, 0x7ff00000];

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

function wordsOf(value: number): readonly [number, number] {
  double[0] = value;
  return [words[0] as number, words[1] as number];
}

/** A writer and the reader of its frames, that must be of one mind. */
class Pair {
  readonly writer = new WireWriter(SESSION);
  readonly reader = new WireReader();
  readonly samples = new WireSamples();

  add(series: number, timestampMs: number, [low, high]: readonly [number, number]): void {
    this.writer.addSample(timestampMs, { series, low, high });
  }

  /** Sends the frame at hand; lines of what arrived. */
  send(): string[] {
    const frame = this.writer.take();
    readFrameHead(frame);
    this.reader.read(unpackFrame(frame), this.samples);
    const { sampleCount, series, timestampsMs, valueBits } = this.samples;
    return Array.from({ length: sampleCount }, (_, k) =>
      line(series[k] ?? -1, timestampsMs[k] ?? -1, [
        valueBits[2 * k] ?? -1,
        valueBits[2 * k + 1] ?? -1,
      ]),
    );
  }
}

function line(series: number, timestampMs: number, [low, high]: readonly [number, number]): string {
  return `${series} ${timestampMs} ${high.toString(16)}:${low.toString(16)}`;
}

function refuses(t: Test, act: () => unknown, why: RegExp): void {
  try {
    act();
    t.fail(`taken, wanted ${why}`);
  } catch (thrown) {
    t.ok(thrown instanceof MonError);
    t.match(thrown, { code: 'bad-wire-frame', why });
  }
}

t.test('frames have the bytes that the document shows', async (t) => {
  const writer = new WireWriter(SESSION);
  const up = writer.addSeries(['__name__', 'up']);
  writer.addMetadata({ metric: 'up', type: 'gauge', help: '', unit: '' });
  const [low, high] = wordsOf(1.5);
  writer.addSample(1000, { series: up, low, high });
  const first = Buffer.from(writer.take()).toString('hex');
  t.equal(
    first,
    '4d574631000102030405060708090a0b0c0d0e0f000000000000000028000000000000001f1081b5' +
      '010d02085f5f6e616d655f5f027570' +
      '020401010001' +
      '03070102027570' +
      '0000' +
      '040801d00f010001' +
      '191e',
  );
  writer.addSample(16_000, { series: up, low, high });
  t.equal(
    Buffer.from(writer.take()).toString('hex'),
    '4d574631000102030405060708090a0b0c0d0e0f00000000010000000a00000000000000f0690ea6' +
      '04080180fa0101000100',
  );
});

t.test('values arrive bit by bit, whatever they are', async (t) => {
  const random = randomFrom(7);
  const special = [0, -0, 1, -1, 0.1, 1 / 3, 1e300, 5e-324, 2 ** 49, 2 ** 53, -(2 ** 50) + 1];
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e15, 1e-15];
  const edges = [...special, ...odd].map(wordsOf);
  edges.push(STALE, [1, 0x7ff80000], [0xffffffff, 0xffffffff], [1, 0]);
  const pick: (() => readonly [number, number])[] = [
    () => edges[random.below(edges.length)] as readonly [number, number],
    () => wordsOf(random.below(1000)),
    () => wordsOf(random.below(100_000) / 100),
    () => wordsOf((random.below(2_000_000) - 1_000_000) / 1e6),
    () => wordsOf(random.next() * 1e6),
    () => wordsOf(Math.round(random.next() * 2 ** 51)),
    () => [random.below(2 ** 32), random.below(2 ** 32)],
  ];
  const pair = new Pair();
  for (let i = 0; i < 40; i++) pair.writer.addSeries(['__name__', `m${i}`]);
  for (let frame = 0; frame < 200; frame++) {
    const sent: string[] = [];
    for (let i = 0; i < 40; i++) {
      const value = (pick[(i + (frame >> 4)) % pick.length] ?? (() => STALE))();
      pair.add(i, frame * 15_000, value);
      sent.push(line(i, frame * 15_000, value));
    }
    t.same(pair.send(), sent);
  }
});

t.test('any order of series and timestamps is kept', async (t) => {
  const random = randomFrom(3);
  const pair = new Pair();
  for (let i = 0; i < 10; i++) pair.writer.addSeries(['__name__', 'm', 'i', String(i)]);
  for (let frame = 0; frame < 50; frame++) {
    const sent: string[] = [];
    for (let k = random.below(60); k > 0; k--) {
      const series = random.below(10);
      const timestampMs = random.below(5) * 1e12 - 2e12;
      const value = wordsOf(random.below(9));
      pair.add(series, timestampMs, value);
      sent.push(line(series, timestampMs, value));
    }
    t.same(pair.send(), sent);
  }
});

t.test('labels and metadata travel once', async (t) => {
  const pair = new Pair();
  const labels = ['__name__', 'räume', 'zone', '北', 'empty', ''];
  t.equal(pair.writer.addSeries(labels), 0);
  t.equal(pair.writer.addSeries(['__name__', 'räume']), 1);
  const metadata = [
    { metric: 'räume', type: 'counter', help: 'Wie viele.', unit: '' },
    { metric: 'x', type: 'stateset', help: '', unit: 'seconds' },
  ] as const;
  for (const entry of metadata) pair.writer.addMetadata(entry);
  pair.send();
  t.same(pair.reader.labelPairs(0), labels);
  t.same(pair.reader.labelPairs(1), ['__name__', 'räume']);
  t.same(pair.samples.metadata, metadata);
  pair.add(1, 5, wordsOf(1));
  t.equal(pair.writer.take().length, 40 + 9);
  t.same(pair.reader.seriesCount, 2);
});

t.test('WireWriter.reset() begins with nothing', async (t) => {
  const pair = new Pair();
  pair.writer.addSeries(['__name__', 'a']);
  pair.add(0, 1, wordsOf(7));
  const before = pair.writer.take();
  t.match(readFrameHead(before), { session: SESSION, epoch: 0, sequence: 0 });
  pair.writer.reset();
  t.equal(pair.writer.seriesCount, 0);
  t.equal(pair.writer.addSeries(['__name__', 'b']), 0);
  pair.add(0, 2, wordsOf(8));
  const after = pair.writer.take();
  t.match(readFrameHead(after), { epoch: 1, sequence: 0 });
  const samples = new WireSamples();
  new WireReader().read(unpackFrame(after), samples);
  t.same([...samples.valueBits], wordsOf(8));
});

t.test('a frame cut anywhere or with a flipped bit is refused', async (t) => {
  const pair = new Pair();
  for (let i = 0; i < 30; i++) {
    pair.writer.addSeries(['__name__', 'metric', 'instance', `host-${i}`]);
    pair.add(i, 1000, wordsOf(i * 1.25));
  }
  const frame = pair.writer.take();
  const read = (bytes: Uint8Array) => {
    readFrameHead(bytes);
    new WireReader().read(unpackFrame(bytes), new WireSamples());
  };
  read(frame);
  const isRefused = (bytes: Uint8Array) => {
    try {
      read(bytes);
      return false;
    } catch (thrown) {
      return thrown instanceof MonError && thrown.code === 'bad-wire-frame';
    }
  };
  for (let length = 0; length < frame.length; length++) {
    if (!isRefused(frame.subarray(0, length))) t.fail(`cut after ${length} bytes`);
  }
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const flipped = frame.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    if (!isRefused(flipped)) t.fail(`bit ${bit} flipped`);
  }
});

t.test('a payload that a broken sender makes is refused, whatever its checksum says', async (t) => {
  const head = { session: SESSION, epoch: 0, sequence: 0 };
  const pair = new Pair();
  for (let i = 0; i < 30; i++) pair.writer.addSeries(['__name__', 'metric', 'i', `host-${i}`]);
  for (let i = 0; i < 30; i++) pair.add(i, 1000, wordsOf(i * 1.25));
  pair.writer.addMetadata({ metric: 'metric', type: 'gauge', help: 'What.', unit: '' });
  const payload = unpackFrame(pair.writer.take());
  const outcome = (bytes: Uint8Array) => {
    try {
      const reader = new WireReader();
      reader.read(unpackFrame(encodeFrame(head, bytes)), new WireSamples());
      for (let i = 0; i < reader.seriesCount; i++) reader.labelPairs(i);
      return true;
    } catch (thrown) {
      return thrown instanceof MonError && thrown.code === 'bad-wire-frame';
    }
  };
  for (let length = 0; length < payload.length; length++) {
    if (!outcome(payload.subarray(0, length))) t.fail(`cut after ${length} bytes`);
  }
  for (let bit = 0; bit < payload.length * 8; bit++) {
    const flipped = payload.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    if (!outcome(flipped)) t.fail(`bit ${bit} flipped`);
  }
  const read = (...bytes: number[]) => new WireReader().read(Uint8Array.from(bytes), pair.samples);
  refuses(t, () => read(9, 1, 0), /section of the unknown kind 9/);
  refuses(t, () => read(4, 6, 1, 0, 1, 0, 1, 0), /series 0 to 1 of 0/);
  refuses(t, () => read(1, 3, 1, 0, 0), /1 bytes are left over/);
  refuses(t, () => read(2, 4, 1, 1, 0, 0), /symbol 0 of 0/);
});
