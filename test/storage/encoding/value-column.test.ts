import { readFileSync } from 'node:fs';
import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import { decodeValues, encodeValues } from '@mon/storage/encoding/value-column';
import { bitsOf, setNanAt, setStaleAt } from '@mon/storage/model/sample';
import t, { type Test } from 'tap';
import { bitText, readPlainly } from './plain-value-column.ts';
import { type Random, seededRandom } from './seeded-random.ts';

const FORMAT = readFileSync(new URL('../../../docs/formats/columns.md', import.meta.url), 'utf8');

/** Encodes after something, decodes into the middle of something, and reads the plain way. */
function roundTrip(t: Test, values: Float64Array, title: string): number {
  const out = new ByteWriter(8);
  out.text('before');
  const start = out.length;
  encodeValues(values, out);
  const size = out.length - start;
  out.text('after');
  const reader = new ByteReader(out.copy(), { start });
  const decoded = new Float64Array(values.length + 2).fill(7);
  decodeValues(reader, decoded.subarray(1, values.length + 1));
  if (reader.text() !== 'after') t.fail(`${title}: another size is read`);
  if (decoded[0] !== 7 || decoded[values.length + 1] !== 7) t.fail(`${title}: wrote outside`);
  if (bitText(decoded.subarray(1, values.length + 1)) !== bitText(values)) {
    t.fail(`${title}: not the same bits`);
  }
  const plain = readPlainly(out.view().subarray(start), values.length);
  if (bitText(plain.values) !== bitText(values)) t.fail(`${title}: other bits the plain way`);
  if (plain.size !== size) t.fail(`${title}: another size the plain way`);
  return size;
}

const withBits = (values: Float64Array, at: number, high: number, low: number) => {
  bitsOf(values)[2 * at] = low;
  bitsOf(values)[2 * at + 1] = high;
  return values;
};

t.test('encodeValues() keeps every bit at the edges', async (t) => {
  const edges: Record<string, number[]> = {
    one: [3.25],
    zero: [0],
    'minus zero': [-0],
    'both zeros': [0, -0, 0, -0, -0],
    infinities: [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY],
    smallest: [Number.MIN_VALUE, -Number.MIN_VALUE, 2 ** -1022],
    largest: [Number.MAX_VALUE, -Number.MAX_VALUE, 1e300],
    'around 2^53': [
      2 ** 53,
      2 ** 53 - 1,
      -(2 ** 53),
      2 ** 53 + 2,
      2 ** 50,
      2 ** 50 - 1,
      -(2 ** 50),
    ],
    'powers of ten': Array.from({ length: 60 }, (_, i) => Number(`1e${i - 30}`)),
    'digits after the point': [0.1, 0.25, 12.3456789, -3e-9, 1e-18, 0.3, 0.1 + 0.2],
    'one outlier above': Array.from({ length: 400 }, (_, i) => (i === 250 ? 1e12 : i % 5)),
    'one outlier below': Array.from({ length: 400 }, (_, i) => (i === 250 ? -1e12 : i % 5)),
    'a counter reset': Array.from(
      { length: 400 },
      (_, i) => (i % 200) * 4096 + 1e9 * (i < 200 ? 1 : 0),
    ),
    'wide differences': Array.from({ length: 300 }, (_, i) => (i % 2 ? 1 : -1) * (2 ** 49 - i)),
  };
  for (const [title, values] of Object.entries(edges)) {
    roundTrip(t, Float64Array.from(values), title);
  }
  for (const n of [1, 2, 3, 119, 120, 121, 122, 240, 241, 480, 1024]) {
    roundTrip(t, new Float64Array(n).fill(0.7), `constant of ${n}`);
    roundTrip(
      t,
      Float64Array.from({ length: n }, (_, i) => i * i),
      `squares to ${n}`,
    );
    roundTrip(
      t,
      Float64Array.from({ length: n }, (_, i) => Math.sin(i) * 1e3),
      `sine of ${n}`,
    );
  }
});

t.test('encodeValues() keeps NaN payloads and staleness markers', async (t) => {
  const values = Float64Array.from({ length: 200 }, (_, i) => i / 100);
  setStaleAt(bitsOf(values), 199);
  const size = roundTrip(t, values, 'stale at the end');
  t.ok(size < 60, `a marker does not spoil the column: ${size} bytes`);
  setNanAt(bitsOf(values), 100);
  withBits(values, 0, 0xfff8_0000, 0xdead_beef);
  withBits(values, 1, 0x7ff0_0000, 0x0000_0001);
  roundTrip(t, values, 'several NaNs');
  roundTrip(t, withBits(new Float64Array(3), 1, 0x7ff0_0000, 2), 'stale alone');
  const stale = new Float64Array(5);
  for (let i = 0; i < 5; i++) setStaleAt(bitsOf(stale), i);
  roundTrip(t, stale, 'all stale');
});

/** A column as metrics have them, or hostile. */
function randomColumn(random: Random): Float64Array {
  const values = new Float64Array(1 + random.below(600));
  const kind = random.below(7);
  const scale = 10 ** random.below(7);
  let level = random.below(1e6);
  for (let i = 0; i < values.length; i++) {
    if (kind === 0) level += random.below(1000);
    else if (kind === 1) level += Math.round((random.next() - 0.5) * 100);
    else if (kind === 2) level = random.next() < 0.01 ? random.below(1e9) : level;
    else if (kind === 3) level += 4096 * random.below(20);
    else if (kind === 4) level += random.next();
    else if (kind === 5) level = random.next() * 100 - 50;
    values[i] = kind < 4 ? level / scale : level;
    if (kind === 6) withBits(values, i, random.next() * 2 ** 32, random.next() * 2 ** 32);
    if (random.next() < 0.001) values[i] = random.pick([-0, Number.NaN, 1e300, Infinity, 0]);
  }
  return values;
}

t.test('encodeValues() keeps every bit of random columns', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 400; round++) roundTrip(t, randomColumn(random), `round ${round}`);
  t.pass('400 columns');
});

t.test('encodeValues() finds the small encoding', async (t) => {
  const size = (of: (i: number) => number) =>
    roundTrip(
      t,
      Float64Array.from({ length: 480 }, (_, i) => of(i)),
      'size',
    );
  t.ok(size(() => 17) <= 9, 'constant');
  t.ok(size((i) => i * 4096) < 40, 'a line');
  t.ok(size((i) => Math.round(50 + 10 * Math.sin(i / 9)) / 100) < 300, 'two decimals');
  t.ok(size((i) => (i < 300 ? 12 : 13)) < 30, 'a step');
});

t.test('decodeValues() refuses or survives what is cut off or flipped', async (t) => {
  const random = seededRandom(t);
  const columns = [
    Float64Array.of(1),
    Float64Array.from({ length: 300 }, (_, i) => (i === 200 ? 1e9 : i * 3)),
    Float64Array.from({ length: 130 }, (_, i) => (i === 7 ? Number.NaN : i / 8)),
    Float64Array.from({ length: 130 }, () => random.next()),
  ];
  for (const values of columns) {
    const out = new ByteWriter();
    encodeValues(values, out);
    const bytes = out.copy();
    const decode = (from: Uint8Array) =>
      decodeValues(new ByteReader(from), new Float64Array(values.length));
    for (let end = 0; end < bytes.length; end++) {
      t.throws(() => decode(bytes.slice(0, end)), MalformedBytes, `cut to ${end}`);
    }
    // A checksum finds flipped bits; here they may give anything but a crash or a hang.
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      try {
        decode(flipped);
      } catch (error) {
        if (!(error instanceof MalformedBytes)) throw error;
      }
    }
  }
});

t.test('decodeValues() refuses or survives random bytes', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: random.below(200) }, () => random.below(256));
    if (bytes.length > 2) bytes.set([1 + random.below(3), random.below(128)]);
    try {
      decodeValues(new ByteReader(bytes), new Float64Array(1 + random.below(2000)));
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
    }
  }
  t.pass('3000 columns');
});

t.test('value columns have the bytes that the format document quotes', async (t) => {
  const golden: Record<string, number[]> = {
    constant: [1.5, 1.5, 1.5],
    decimal: [10.25, 10.5, 11.25, 10.75],
    'decimal with a misfit': [1, 2, -0, 4, 5, 6, 7, 8],
    'decimal by class': Array.from({ length: 40 }, (_, i) => (i % 9 === 0 ? i : i % 2)),
    pattern: [2, 3, 5].map(Math.sqrt),
  };
  for (const [title, list] of Object.entries(golden)) {
    const values = Float64Array.from(list);
    const out = new ByteWriter();
    encodeValues(values, out);
    const hex = Buffer.from(out.view()).toString('hex');
    t.ok(FORMAT.includes(`\`${hex}\``), `${title}: ${hex}`);
    const decoded = new Float64Array(list.length);
    decodeValues(new ByteReader(Buffer.from(hex, 'hex')), decoded);
    t.same(decoded, values);
  }
});
