import { MonError } from '@mon/storage/model/error';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { METRIC_TYPES } from '@mon/storage/protocol/remote-write';
import { decodeRemoteWrite2, RemoteWrite2Walk } from '@mon/storage/protocol/remote-write-2';
import { encodeRemoteWrite2, encodeRequest } from '@mon/storage/protocol/remote-write-2-encode';
import { unpackSnappy } from '@mon/storage/protocol/snappy';
import t, { type Test } from 'tap';

const COLUMNS = {
  labels: [
    ['__name__', 'up', 'job', 'node'],
    ['__name__', 'räume', 'zone', '北'],
    ['__name__', 'wait_bucket', 'le', '+Inf'],
  ],
  sampleOffsets: Uint32Array.of(0, 1, 6, 7),
  timestampsMs: Float64Array.of(1735819200123, 0, -1, -(2 ** 52), 2 ** 52, 1e12, 5),
  values: Float64Array.of(1, 0, -0, Number.POSITIVE_INFINITY, 1e-300, 7, 3),
};

function knownOf(entries: readonly MetricMetadata[]): Map<string, MetricMetadata> {
  return new Map(entries.map((entry) => [entry.metric, entry]));
}

/** Fields by hand: [tag, content]; a number is a varint of one byte. */
function message(...fields: readonly (readonly [number, string | Uint8Array | number])[]) {
  return Buffer.concat(
    fields.map(([tag, content]) => {
      if (typeof content === 'number') return Buffer.of(tag, content);
      const bytes = Buffer.from(content);
      return Buffer.concat([Buffer.of(tag, bytes.length), bytes]);
    }),
  );
}

const SAMPLE = message([0x10, 1]);
/** Symbols `''`, `__name__`, `up`. */
const SYMBOLS = message([0x22, ''], [0x22, '__name__'], [0x22, 'up']);

function refuses(t: Test, body: Uint8Array, why: RegExp): void {
  try {
    decodeRemoteWrite2(body);
    t.fail(`taken, wanted ${why}`);
  } catch (thrown) {
    t.ok(thrown instanceof MonError);
    t.match(thrown, { code: 'bad-body', why });
  }
}

t.test('decodeRemoteWrite2() gives back what encodeRemoteWrite2() took', async (t) => {
  const values = COLUMNS.values.slice();
  setStaleAt(bitsOf(values), 5);
  const known = knownOf([
    { metric: 'up', type: 'gauge', help: 'Whether it is up.', unit: '' },
    { metric: 'wait', type: 'histogram', help: '', unit: 'seconds' },
  ]);
  const plain = unpackSnappy(encodeRemoteWrite2({ ...COLUMNS, values }, known));
  const { columns, metadata } = decodeRemoteWrite2(plain);
  t.same(columns.labels, COLUMNS.labels);
  t.same(columns.sampleOffsets, COLUMNS.sampleOffsets);
  t.same(columns.timestampsMs, COLUMNS.timestampsMs);
  t.same(bitsOf(columns.values), bitsOf(values), 'values are equal bit by bit');
  t.same(metadata, [...known.values()], 'of the family, not of its series');
});

t.test('encodeRemoteWrite2() names every type as the specification does', async (t) => {
  for (const type of METRIC_TYPES) {
    const one = {
      labels: [['__name__', 'm']],
      sampleOffsets: Uint32Array.of(0, 1),
      timestampsMs: Float64Array.of(1),
      values: Float64Array.of(1),
    };
    const known = knownOf([{ metric: 'm', type, help: 'h', unit: '' }]);
    t.match(decodeRemoteWrite2(encodeRequest(one, known)).metadata, [{ type }]);
  }
});

t.test('decodeRemoteWrite2() reads the bytes that the specification gives', async (t) => {
  // symbols "", "__name__", "up"; timeseries { labels_refs 1 2; samples { value 1 timestamp 1000 } }
  const hex = '2200' + '22085f5f6e616d655f5f' + '22027570' + '2a12' + '0a020102';
  const sample = '120c' + '09000000000000f03f' + '10e807';
  const { columns } = decodeRemoteWrite2(Buffer.from(hex + sample, 'hex'));
  t.same(columns.labels, [['__name__', 'up']]);
  t.same([columns.timestampsMs[0], columns.values[0]], [1000, 1]);
});

t.test('decodeRemoteWrite2() takes symbols behind series, and references one by one', async (t) => {
  const series = message([0x08, 1], [0x08, 2], [0x12, SAMPLE], [0x30, 9]);
  const body = Buffer.concat([message([0x2a, series]), SYMBOLS]);
  t.same(decodeRemoteWrite2(body).columns.labels, [['__name__', 'up']]);
});

t.test('RemoteWrite2Walk counts histograms and exemplars', async (t) => {
  const refs = Uint8Array.of(1, 2);
  const body = Buffer.concat([
    SYMBOLS,
    message([0x2a, message([0x0a, refs], [0x1a, message([0x78, 1])], [0x22, message([0x18, 1])])]),
  ]);
  const walk = new RemoteWrite2Walk();
  walk.walk(body);
  t.match(walk, { seriesCount: 1, sampleCount: 0, histogramCount: 1, exemplarCount: 1 });
});

t.test('decodeRemoteWrite2() says what is wrong with a body', async (t) => {
  const series = (refs: Uint8Array, ...more: [number, Uint8Array][]) =>
    message([0x2a, message([0x0a, refs], [0x12, SAMPLE], ...more)]);
  const good = Uint8Array.of(1, 2);
  refuses(t, series(good), /first symbol is not the empty string/);
  refuses(t, Buffer.concat([message([0x22, 'a']), series(good)]), /first symbol/);
  refuses(t, Buffer.concat([SYMBOLS, series(Uint8Array.of(1))]), /odd number of label references/);
  refuses(
    t,
    Buffer.concat([SYMBOLS, series(Uint8Array.of(1, 3))]),
    /label reference 3 is out of range, there are 3 symbols/,
  );
  refuses(
    t,
    Buffer.concat([SYMBOLS, series(good, [0x2a, message([0x18, 7])])]),
    /reference 7 of metadata is out of range/,
  );
  refuses(
    t,
    Buffer.concat([SYMBOLS, series(good, [0x1a, message([0x78, 1])])]),
    /both samples and histograms/,
  );
  const broken = Buffer.concat([
    message([0x22, ''], [0x22, Uint8Array.of(0xff)]),
    series(Uint8Array.of(1, 1)),
  ]);
  refuses(t, broken, /not UTF-8/);
});

t.test('decodeRemoteWrite2() reads an empty request as nothing', async (t) => {
  t.same(decodeRemoteWrite2(new Uint8Array(0)).columns.labels, []);
});

t.test('decodeRemoteWrite2() survives every truncation and flipped bit', async (t) => {
  const known = knownOf([{ metric: 'up', type: 'gauge', help: 'Up?', unit: '' }]);
  const plain = Buffer.from(encodeRequest(COLUMNS, known));
  const isRefusal = (bytes: Uint8Array) => {
    try {
      decodeRemoteWrite2(bytes);
      return true;
    } catch (thrown) {
      return thrown instanceof MonError && thrown.code === 'bad-body';
    }
  };
  for (let length = 0; length < plain.length; length++) {
    t.ok(isRefusal(plain.subarray(0, length)), `cut after ${length} bytes`);
  }
  for (let bit = 0; bit < plain.length * 8; bit++) {
    const flipped = Buffer.from(plain);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    if (!isRefusal(flipped)) t.fail(`bit ${bit} flipped`);
  }
});
