import {
  aggregateChunk,
  aggregateLast,
  decodeAggregates,
  encodeAggregates,
} from '@mon/storage/chunk/chunk-aggregates';
import { decodeColumnHeads, encodeColumnHead } from '@mon/storage/chunk/column-group';
import { lowerBound, slotOf, suitableSlotWidthMs } from '@mon/storage/chunk/slot';
import { decodeTimestampPage, encodeTimestampHead } from '@mon/storage/chunk/timestamp-page';
import { TimestampTable } from '@mon/storage/chunk/timestamp-table';
import { encodeColumn } from '@mon/storage/chunk/value-chain';
import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import t from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';

const HOUR_MS = 3_600_000;

t.test('suitableSlotWidthMs() aims at 960 samples a column, or 1920', async (t) => {
  const every = (intervalMs: number, series = 100, samples = 120) =>
    suitableSlotWidthMs({
      series,
      samples: series * samples,
      spanMs: series * (samples - 1) * intervalMs,
    });
  t.equal(every(15_000), 4 * HOUR_MS);
  t.equal(every(15_003), 4 * HOUR_MS);
  t.equal(every(15_000, 100, 3120), 8 * HOUR_MS, 'long series');
  t.equal(every(60_000, 100, 1920), 24 * HOUR_MS, 'long series');
  t.equal(every(60_000), 8 * HOUR_MS);
  t.equal(every(30_000), 8 * HOUR_MS);
  t.equal(every(10_000), 2 * HOUR_MS);
  t.equal(every(1000), 10 * 60_000);
  t.equal(every(1), 60_000);
  t.equal(every(24 * HOUR_MS), 48 * HOUR_MS);
  t.equal(every(15_000, 100, 1), 4 * HOUR_MS, 'one sample each tells nothing');
});

t.test('slotOf() and lowerBound() count from below', async (t) => {
  t.same(
    [-1, 0, HOUR_MS - 1, HOUR_MS].map((at) => slotOf(at, HOUR_MS)),
    [-1, 0, 0, 1],
  );
  const column = Float64Array.of(1, 3, 3, 9);
  t.same(
    [0, 1, 2, 3, 4, 9, 10].map((at) => lowerBound(column, at)),
    [0, 0, 1, 1, 3, 3, 4],
  );
  t.equal(lowerBound(column, 0, 2), 2);
});

const roundTrip = (values: Float64Array) => {
  const out = new ByteWriter();
  encodeColumn(values);
  t.same(aggregateLast(values.length), aggregateChunk(values), 'the kernel finds the same');
  encodeAggregates(aggregateChunk(values), 7, out);
  const reader = new ByteReader(out.view());
  const decoded = decodeAggregates(reader, 7);
  for (let end = 0; end < out.length; end++) {
    t.throws(() => decodeAggregates(new ByteReader(out.view(), { end }), 7), MalformedBytes);
  }
  return { decoded, bytes: out.length, left: reader.left };
};

t.test('aggregates stand for the samples exactly, or are not there', async (t) => {
  const integers = roundTrip(Float64Array.of(4, 2, 9, 7));
  t.same(integers.decoded, {
    count: 4,
    extremes: { first: 4, last: 7, min: 2, max: 9 },
    sum: 22,
  });
  t.ok(integers.bytes < 9);
  const decimals = roundTrip(Float64Array.of(0.5, -1.25, 3));
  t.same(decimals.decoded.extremes, { first: 0.5, last: 3, min: -1.25, max: 3 });
  t.equal(decimals.decoded.sum, undefined, 'a sum of fractions depends on the order');
  const long = roundTrip(Float64Array.of(Math.PI, Math.E));
  t.same(long.decoded.extremes, { first: Math.PI, last: Math.E, min: Math.E, max: Math.PI });
  const zero = roundTrip(Float64Array.of(-0, 5));
  t.ok(Object.is(zero.decoded.extremes?.first, -0));
  t.equal(roundTrip(Float64Array.of(2 ** 53 - 1, 2)).decoded.sum, undefined);
  const stale = Float64Array.of(1, 2);
  setStaleAt(bitsOf(stale), 1);
  for (const values of [stale, Float64Array.of(1, Infinity), Float64Array.of(NaN, 1)]) {
    t.same(roundTrip(values).decoded, { count: 2, extremes: undefined, sum: undefined });
  }
});

t.test('aggregates of random chunks agree with looking at each value', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 200; round++) {
    const scale = random.pick([1, 10, 1000, 0.001]);
    const values = Float64Array.from({ length: 1 + random.below(50) }, () =>
      random.next() < 0.5 ? random.below(1e6) / scale : random.next() * scale,
    );
    const { decoded } = roundTrip(values);
    t.equal(decoded.extremes?.min, Math.min(...values));
    t.equal(decoded.extremes?.max, Math.max(...values));
    t.equal(decoded.extremes?.last, values.at(-1));
    t.equal(decoded.sum, aggregateChunk(values).sum);
  }
});

const column = <More extends object>(bytes: number[], more: More) => ({
  bytes: Uint8Array.from(bytes),
  checksum: 0xdead_beef,
  ...more,
});

t.test('heads of column groups and timestamp pages say where each column is', async (t) => {
  const columns = [
    column([1, 2], { member: 0, count: 480, timestamps: 7 }),
    column([3], { member: 3, count: 2, timestamps: 0 }),
    column([4, 5, 6], { member: 63, count: 480, timestamps: 100_000 }),
  ];
  const out = new ByteWriter();
  encodeColumnHead(columns, out);
  for (const { bytes } of columns) out.raw(bytes);
  const heads = decodeColumnHeads(new ByteReader(out.view()));
  t.same([...heads.members], [0, 3, 63]);
  t.same([...heads.counts], [480, 2, 480]);
  t.same([...heads.timestamps], [7, 0, 100_000]);
  t.same([...out.view().subarray(heads.starts[2], heads.starts[3])], [4, 5, 6]);
  for (let end = 0; end < out.length; end++) {
    t.throws(() => decodeColumnHeads(new ByteReader(out.view(), { end })), MalformedBytes);
  }

  const stamps = [
    column([9], { count: 1, firstMs: 0, lastMs: 0 }),
    column([8, 8], { count: 9, firstMs: 5, lastMs: 7000 }),
  ];
  out.clear();
  encodeTimestampHead(stamps, out);
  for (const { bytes } of stamps) out.raw(bytes);
  t.same(decodeTimestampPage(new ByteReader(out.view())).columns, stamps);
  for (let end = 0; end < out.length; end++) {
    t.throws(() => decodeTimestampPage(new ByteReader(out.view(), { end })), MalformedBytes);
  }
});

t.test('TimestampTable numbers each distinct column of a slot once', async (t) => {
  const pages: string[] = [];
  const table = new TimestampTable(new Uint8Array(16), (slot, page, columns) => {
    pages.push(`${slot}/${page}: ${columns.length}`);
  });
  const offsets = (seed: number) => Float64Array.of(seed, seed + 15_000, seed + 30_001);
  // More than fit its first table, in two slots, each seen again.
  for (let again = 0; again < 2; again++) {
    for (let seed = 0; seed < 1500; seed++) {
      t.equal(table.columnOf(3, offsets(seed)), seed);
      if (seed < 70) t.equal(table.columnOf(-4, offsets(seed)), seed);
    }
  }
  t.equal(table.countOf(3), 1500);
  t.equal(table.countOf(99), 0);
  table.finish();
  t.equal(pages.length, 24 + 2);
  t.same(pages.slice(-2), ['3/23: 28', '-4/1: 6']);
});
