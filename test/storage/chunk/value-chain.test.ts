import type { ColumnHeads } from '@mon/storage/chunk/column-group';
import { ChainDecoder, encodeColumn, isDifference } from '@mon/storage/chunk/value-chain';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import t from 'tap';
import { bitText, readPlainly } from '../encoding/plain-value-column.ts';
import { type Random, seededRandom } from '../encoding/seeded-random.ts';

/** Cumulative buckets of a histogram, the lowest first. */
function buckets(random: Random, { count, bounds }: { count: number; bounds: number }) {
  const columns = Array.from({ length: bounds }, () => new Float64Array(count));
  const totals = new Array<number>(bounds).fill(0);
  for (let i = 0; i < count; i++) {
    let below = 0;
    for (let b = 0; b < bounds; b++) {
      below += random.below(2 + b * 3);
      totals[b] = (totals[b] as number) + below;
      (columns[b] as Float64Array)[i] = totals[b] as number;
    }
  }
  return columns;
}

function groupOf(columns: readonly Float64Array[], timestamps = columns.map(() => 3)) {
  const encoded = columns.map((values, i) => encodeColumn(values, columns[i - 1]));
  const starts = Uint32Array.of(0, ...encoded.map(({ bytes }) => bytes.length));
  for (let i = 1; i < starts.length; i++) {
    starts[i] = (starts[i] as number) + (starts[i - 1] as number);
  }
  const heads: ColumnHeads = {
    count: columns.length,
    members: Uint8Array.from(columns, (_, i) => i),
    counts: Uint32Array.from(columns, ({ length }) => length),
    timestamps: Uint32Array.from(timestamps),
    checksums: Uint32Array.from(encoded, ({ checksum }) => checksum),
    starts,
    headEnd: 0,
  };
  const value = new Uint8Array(Buffer.concat(encoded.map(({ bytes }) => bytes)));
  return { value, heads, encoded };
}

t.test('a chain decodes to the same bits, from any column and in any selection', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 30; round++) {
    const count = 1 + random.below(300);
    const columns = buckets(random, { count, bounds: 12 });
    if (round % 3 === 0 && count > 1) {
      for (const values of columns) setStaleAt(bitsOf(values), count - 1);
    }
    const { value, heads, encoded } = groupOf(columns);
    columns.forEach((values, i) => {
      const bytes = (encoded[i] as { bytes: Uint8Array }).bytes;
      const plain = readPlainly(bytes, count, columns[i - 1]);
      if (bitText(plain.values) !== bitText(values)) t.fail(`column ${i} the plain way`);
    });
    const decoder = new ChainDecoder(value, heads);
    columns.forEach((values, i) => {
      if (random.next() < 0.5) return;
      decoder.decode(i);
      const decoded = new Float64Array(count);
      decoder.copy({ from: 0, to: count }, decoded);
      if (bitText(decoded) !== bitText(values)) t.fail(`column ${i} of ${count} values`);
    });
  }
  t.pass('30 histograms');
});

t.test('a chain decodes a part of each column as it does the whole', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 60; round++) {
    const count = 2 + random.below(400);
    const columns = buckets(random, { count, bounds: 6 });
    const noise = Float64Array.from({ length: count }, () => random.next());
    const still = new Float64Array(count).fill(random.next());
    const holes = noise.map((value, i) => (i % 40 === 7 ? Number.NaN : Math.round(value * 100)));
    const all = [...columns, noise, still, holes];
    const { value, heads } = groupOf(all);
    const decoder = new ChainDecoder(value, heads);
    const wanted = 1 + random.below(count);
    all.forEach((values, i) => {
      // The same part of all, as a question wants it; now and then another.
      const part = random.next() < 0.1 ? 1 + random.below(count) : wanted;
      decoder.decode(i, part);
      const decoded = new Float64Array(part);
      decoder.copy({ from: 0, to: part }, decoded);
      if (bitText(decoded) !== bitText(values.subarray(0, part))) {
        t.fail(`column ${i}, ${part} of ${count} values`);
      }
    });
  }
  t.pass('60 groups');
});

t.test('a bucket is smaller as the difference from the one below', async (t) => {
  const columns = buckets(seededRandom(t), { count: 480, bounds: 12 });
  const alone = columns.reduce((sum, values) => sum + encodeColumn(values).bytes.length, 0);
  const { value, encoded } = groupOf(columns);
  t.ok(encoded.slice(6).every(({ bytes }) => isDifference(bytes)));
  t.ok(value.length < 0.9 * alone, `${value.length} of ${alone} bytes`);
  const same = encodeColumn(columns[11] as Float64Array, columns[11]);
  t.ok(same.bytes.length < 10, `equal to its reference: ${same.bytes.length} bytes`);
});

t.test('a difference from nothing, or from another length or time, is refused', async (t) => {
  const columns = buckets(seededRandom(t), { count: 100, bounds: 3 });
  const { value, heads } = groupOf(columns);
  const first = heads.starts[1] as number;
  const without: ColumnHeads = {
    ...heads,
    count: 2,
    counts: heads.counts.slice(1),
    timestamps: heads.timestamps.slice(1),
    checksums: heads.checksums.slice(1),
    starts: heads.starts.slice(1).map((start) => start - first),
  };
  const beheaded = new ChainDecoder(value.subarray(first), without);
  t.throws(() => beheaded.decode(1), MalformedBytes);
  const apart = groupOf(columns, [3, 4, 4]);
  t.throws(() => new ChainDecoder(apart.value, apart.heads).decode(2), MalformedBytes);
  const flipped = value.slice();
  flipped[first + 5] = (flipped[first + 5] as number) ^ 4;
  t.throws(() => new ChainDecoder(flipped, heads).decode(2), /checksum is 0x/);
});
