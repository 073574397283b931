import { readFileSync } from 'node:fs';
import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import { decodeTimestamps, encodeTimestamps } from '@mon/storage/encoding/timestamp-column';
import t, { type Test } from 'tap';
import { seededRandom } from './seeded-random.ts';

const FORMAT = readFileSync(new URL('../../../docs/formats/columns.md', import.meta.url), 'utf8');

function roundTrip(t: Test, offsets: Float64Array, title: string): number {
  const out = new ByteWriter(4);
  out.u8(9);
  encodeTimestamps(offsets, out);
  const reader = new ByteReader(out.copy(), { start: 1 });
  const decoded = new Float64Array(offsets.length);
  const startMs = -86_400_000;
  decodeTimestamps(reader, startMs, decoded);
  if (reader.left !== 0) t.fail(`${title}: ${reader.left} bytes left`);
  for (let i = 0; i < offsets.length; i++) {
    if (decoded[i] !== (offsets[i] as number) + startMs) t.fail(`${title}: entry ${i}`);
  }
  return out.length - 1;
}

t.test('encodeTimestamps() keeps regular, jittering and gappy columns', async (t) => {
  const random = seededRandom(t);
  const column = (next: (i: number) => number, n = 480) =>
    Float64Array.from({ length: n }, (_, i) => next(i));
  t.equal(roundTrip(t, Float64Array.of(0), 'one'), 3);
  t.ok(
    roundTrip(
      t,
      column((i) => 5 + i * 15_000),
      'regular',
    ) <= 8,
  );
  const jitter = column((i) => i * 15_000 + random.below(6));
  t.ok(roundTrip(t, jitter, 'jitter') < 240, 'under 4 bits each');
  const gappy = column((i) => i * 15_000 + random.below(6) + (i > 200 ? 600_000 : 0));
  t.ok(roundTrip(t, gappy, 'a gap') < 300, 'a gap costs little');
  const accelerating = column((i) => 100 * i * i);
  t.ok(roundTrip(t, accelerating, 'second difference') < 40);
  roundTrip(
    t,
    column((i) => i * 2 ** 38, 2),
    'wide',
  );
  roundTrip(
    t,
    column((i) => (i === 0 ? 0 : 2 ** 48 - 500 + i), 300),
    'far',
  );
});

t.test('encodeTimestamps() keeps random ascending columns', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 300; round++) {
    let at = random.below(1000);
    const spread = 10 ** random.below(7);
    const offsets = Float64Array.from({ length: 1 + random.below(500) }, () => {
      at += 1 + random.below(spread);
      return at;
    });
    roundTrip(t, offsets, `round ${round}`);
  }
  t.pass('300 columns');
});

t.test('decodeTimestamps() refuses what is cut off', async (t) => {
  for (const offsets of [Float64Array.of(1, 3, 5), Float64Array.of(0, 1, 100, 5000, 5001)]) {
    const out = new ByteWriter();
    encodeTimestamps(offsets, out);
    for (let end = 0; end < out.length; end++) {
      const reader = new ByteReader(out.copy(), { end });
      t.throws(() => decodeTimestamps(reader, 0, new Float64Array(offsets.length)), MalformedBytes);
    }
  }
  const reader = new ByteReader(Uint8Array.of(77, 0, 0));
  t.throws(() => decodeTimestamps(reader, 0, new Float64Array(1)), MalformedBytes);
});

t.test('timestamp columns have the bytes that the format document quotes', async (t) => {
  for (const offsets of [
    [4_000, 19_000, 34_000, 49_000],
    [4_003, 19_001, 34_005, 49_000, 64_002],
  ]) {
    const out = new ByteWriter();
    encodeTimestamps(Float64Array.from(offsets), out);
    const hex = Buffer.from(out.view()).toString('hex');
    t.ok(FORMAT.includes(`\`${hex}\``), `${offsets}: ${hex}`);
  }
});
