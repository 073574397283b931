import { MonError } from '@mon/storage/model/error';
import { bitsOf, isStaleAt, setStaleAt } from '@mon/storage/model/sample';
import { decodeRemoteWrite, METRIC_TYPES } from '@mon/storage/protocol/remote-write';
import { encodeRemoteWrite, encodeWriteRequest } from '@mon/storage/protocol/remote-write-encode';
import { packSnappy, unpackSnappy } from '@mon/storage/protocol/snappy';
import t from 'tap';

const COLUMNS = {
  labels: [
    ['__name__', 'up', 'job', 'node'],
    ['__name__', 'räume', 'zone', '北'],
  ],
  sampleOffsets: Uint32Array.of(0, 1, 6),
  timestampsMs: Float64Array.of(1735819200123, 0, -1, -(2 ** 52), 2 ** 52, 1e12),
  values: Float64Array.of(1, 0, -0, Number.POSITIVE_INFINITY, 1e-300, 7),
};
const METADATA = METRIC_TYPES.map((type) => ({
  metric: `m_${type}`,
  type,
  help: type === 'gauge' ? '' : 'what it says',
  unit: type === 'counter' ? 'bytes' : '',
}));

function stale() {
  const values = COLUMNS.values.slice();
  setStaleAt(bitsOf(values), 5);
  return { ...COLUMNS, values };
}

t.test('decodeRemoteWrite() gives back what encodeRemoteWrite() took', async (t) => {
  const columns = stale();
  const plain = unpackSnappy(encodeRemoteWrite(columns, METADATA));
  const { columns: got, metadata } = decodeRemoteWrite(plain);
  t.same(got.labels, columns.labels);
  t.same(got.sampleOffsets, columns.sampleOffsets);
  t.same(got.timestampsMs, columns.timestampsMs);
  t.same(bitsOf(got.values), bitsOf(columns.values), 'values are equal bit by bit');
  t.ok(isStaleAt(bitsOf(got.values), 5));
  t.same(metadata, METADATA);
});

t.test('encodeRemoteWrite() takes a range of series', async (t) => {
  const plain = unpackSnappy(encodeRemoteWrite(COLUMNS, [], { from: 1, to: 2 }));
  const { columns } = decodeRemoteWrite(plain);
  t.same(columns.labels, [COLUMNS.labels[1]]);
  t.same(columns.timestampsMs, COLUMNS.timestampsMs.slice(1));
});

t.test('decodeRemoteWrite() reads the bytes that the specification gives', async (t) => {
  // timeseries { labels { name: "__name__" value: "up" } samples { value: 1 timestamp: 1000 } }
  const hex =
    '0a1e' +
    '0a0e' +
    '0a085f5f6e616d655f5f' +
    '12027570' +
    '120c' +
    '09000000000000f03f' +
    '10e807';
  const { columns } = decodeRemoteWrite(Buffer.from(hex, 'hex'));
  t.same(columns.labels, [['__name__', 'up']]);
  t.same([...columns.timestampsMs, ...columns.values], [1000, 1]);
});

t.test('decodeRemoteWrite() keeps labels that stand apart from each other', async (t) => {
  const label = (name: string, value: string) =>
    Buffer.concat([
      Buffer.from([0x0a, name.length + value.length + 4, 0x0a, name.length]),
      Buffer.from(name),
      Buffer.from([0x12, value.length]),
      Buffer.from(value),
    ]);
  const sample = Buffer.from([0x12, 2, 0x10, 5]);
  const series = Buffer.concat([label('__name__', 'm'), sample, label('a', 'b')]);
  const { columns } = decodeRemoteWrite(
    Buffer.concat([Buffer.from([0x0a, series.length]), series]),
  );
  t.same(columns.labels, [['__name__', 'm', 'a', 'b']]);
  t.same([...columns.timestampsMs], [5]);
});

t.test('decodeRemoteWrite() refuses a body cut anywhere, and names the byte', async (t) => {
  const plain = encodeWriteRequest(stale(), METADATA, { from: 0, to: 2 });
  let whole = 0;
  for (let length = 0; length < plain.length; length++) {
    try {
      decodeRemoteWrite(plain.slice(0, length));
      whole++;
    } catch (error) {
      if (
        !(error instanceof MonError) ||
        error.code !== 'bad-body' ||
        !/at byte \d+/.test(error.why)
      )
        t.fail(`cut at ${length}: ${error}`);
    }
  }
  // A cut between two fields of the outermost message leaves a shorter valid one.
  t.equal(whole, 2 + METADATA.length);
});

t.test('decodeRemoteWrite() throws nothing but bad-body at flipped bits', async (t) => {
  const plain = encodeWriteRequest(stale(), METADATA, { from: 0, to: 2 });
  for (let bit = 0; bit < plain.length * 8; bit++) {
    const bytes = plain.slice();
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    try {
      decodeRemoteWrite(bytes);
    } catch (error) {
      if (!(error instanceof MonError) || error.code !== 'bad-body') t.fail(`bit ${bit}: ${error}`);
    }
  }
});

t.test('unpackSnappy() refuses what is damaged or too large', async (t) => {
  const packed = packSnappy(Buffer.alloc(10_000, 'ab'));
  t.same(Buffer.from(unpackSnappy(packed)), Buffer.alloc(10_000, 'ab'));
  t.throws(() => unpackSnappy(packed, 9_999), { code: 'bad-body', why: /10000 bytes/ });
  t.throws(() => unpackSnappy(packed.subarray(0, 20)), { code: 'bad-body' });
  t.throws(() => unpackSnappy(new Uint8Array(0)), { code: 'bad-body' });
  t.throws(() => unpackSnappy(Uint8Array.of(255, 255, 255, 255, 255, 1)), { code: 'bad-body' });
});
