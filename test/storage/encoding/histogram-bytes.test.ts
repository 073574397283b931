import { readFileSync } from 'node:fs';
import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { decodeHistogram } from '@mon/storage/encoding/histogram-bytes';
import { decodeHistograms, encodeHistograms } from '@mon/storage/encoding/histogram-column';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import {
  CUSTOM_SCHEMA,
  type NativeHistogram,
  newHistogram,
  staleHistogram,
} from '@mon/storage/model/histogram';
import { type HistogramRun, sliceRun } from '@mon/storage/model/histogram-run';
import t, { type Test } from 'tap';
import { bytesOf, randomHistogram, runOf, someHistogram } from '../histogram-fixture.ts';
import { seededRandom } from './seeded-random.ts';

const FORMAT = readFileSync(
  new URL('../../../docs/formats/histograms.md', import.meta.url),
  'utf8',
);

const decoded = (bytes: Uint8Array) => {
  const reader = new ByteReader(bytes);
  const histogram = decodeHistogram(reader);
  if (reader.left !== 0) throw new Error(`${reader.left} bytes left`);
  return histogram;
};

function columnOf(run: HistogramRun): Uint8Array {
  const out = new ByteWriter(8);
  encodeHistograms(run, out);
  return out.copy();
}

function columnRoundTrip(t: Test, entries: readonly NativeHistogram[], title: string): number {
  const run = runOf(entries.map((histogram, i) => [i, histogram]));
  const column = columnOf(run);
  const reader = new ByteReader(column);
  const { byteOffsets, bytes } = decodeHistograms(reader, entries.length);
  t.equal(reader.left, 0);
  if (Buffer.compare(bytes, run.bytes) !== 0) t.fail(title);
  t.same(byteOffsets, run.byteOffsets, title);
  return column.length;
}

t.test('encodeHistogram() keeps everything', async (t) => {
  const random = seededRandom(t);
  const edges: NativeHistogram[] = [
    newHistogram(),
    someHistogram(),
    staleHistogram(),
    staleHistogram('float'),
    { ...someHistogram(), sum: -0 },
    { ...someHistogram(), sum: Number.NEGATIVE_INFINITY, createdMs: 1_700_000_000_123 },
    { ...someHistogram(), kind: 'float', count: -0 },
    { ...someHistogram(2 ** 52), kind: 'float', zeroThreshold: Number.MIN_VALUE },
    newHistogram({ schema: CUSTOM_SCHEMA, customBounds: Float64Array.of(-0, 0.1, 1e300) }),
    newHistogram({ positiveSpans: Int32Array.of(-(2 ** 30), 0, 2 ** 30, 0) }),
  ];
  for (let i = 0; i < 500; i++) edges.push(randomHistogram(random));
  for (const histogram of edges) {
    const again = decoded(bytesOf(histogram));
    t.strictSame(again, histogram);
    t.ok(Object.is(again.sum, histogram.sum) && Object.is(again.count, histogram.count));
  }
});

t.test('encodeHistogram() gives the bytes of the format page', async (t) => {
  const hex = Buffer.from(bytesOf(someHistogram())).toString('hex');
  t.ok(FORMAT.includes(hex), hex);
  const run = runOf(Array.from({ length: 4 }, (_, i) => [i * 15_000, someHistogram(4 + i)]));
  const out = new ByteWriter();
  encodeHistograms(run, out);
  const column = Buffer.from(out.view()).toString('hex');
  t.ok(FORMAT.split('\n').includes(column), `the column of the page is written: ${column}`);
  const { bytes } = decodeHistograms(new ByteReader(Buffer.from(column, 'hex')), 4);
  t.same(Buffer.from(bytes), Buffer.from(run.bytes), 'and read');
});

t.test('decodeHistogram() refuses bytes that are cut short', async (t) => {
  const random = seededRandom(t);
  for (let i = 0; i < 10; i++) {
    const bytes = bytesOf(randomHistogram(random));
    for (let end = 0; end < bytes.length; end++) {
      t.throws(() => decodeHistogram(new ByteReader(bytes, { end })), MalformedBytes);
    }
  }
});

t.test('encodeHistograms() keeps every entry of a column', async (t) => {
  const random = seededRandom(t);
  columnRoundTrip(t, [someHistogram()], 'one');
  columnRoundTrip(t, [staleHistogram()], 'stale alone');
  columnRoundTrip(t, [someHistogram(), staleHistogram(), someHistogram()], 'stale between');
  const mixed = Array.from({ length: 300 }, () => randomHistogram(random));
  columnRoundTrip(t, mixed, 'layouts with little in common');
  const many = Array.from({ length: 2000 }, (_, i) => someHistogram(i));
  columnRoundTrip(t, many, 'more than a block');
  columnRoundTrip(
    t,
    many.map((histogram, i) => ({ ...histogram, resetHint: i % 100 ? 'not-reset' : 'reset' })),
    'hints',
  );
  const wide = Array.from({ length: 40 }, (_, i) =>
    newHistogram({
      count: 4000,
      sum: i,
      positiveSpans: Int32Array.of(i * 5000, 4000),
      positiveCounts: new Float64Array(4000).fill(1),
    }),
  );
  columnRoundTrip(t, wide, 'each elsewhere');
});

t.test('encodeHistograms() reads a part of a longer run', async (t) => {
  const run = runOf([0, 1, 2, 3].map((i) => [i, someHistogram(i)]));
  const column = columnOf(sliceRun(run, 1, 3));
  const { bytes } = decodeHistograms(new ByteReader(column), 2);
  t.same(Buffer.from(bytes), Buffer.concat([bytesOf(someHistogram(1)), bytesOf(someHistogram(2))]));
});

t.test('encodeHistograms() makes a scrape of a counter histogram small', async (t) => {
  const random = seededRandom(t);
  const counts = new Float64Array(60);
  const entries = Array.from({ length: 480 }, () => {
    for (let k = 0; k < 60; k++) counts[k] = (counts[k] as number) + random.below(4);
    return newHistogram({
      schema: 3,
      count: counts.reduce((a, b) => a + b, 0),
      sum: Math.round(random.next() * 1e6) / 1e3,
      positiveSpans: Int32Array.of(-20, 60),
      positiveCounts: counts.slice(),
    });
  });
  const bytes = columnRoundTrip(t, entries, 'scraped');
  t.comment(`${(bytes / 480).toFixed(1)} bytes a histogram of 60 buckets`);
  t.ok(bytes < 480 * 30);
});

t.test('decodeHistograms() refuses what is damaged, or decodes something', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 8; round++) {
    const entries = Array.from({ length: 1 + random.below(8) }, () => randomHistogram(random));
    const column = columnOf(runOf(entries.map((histogram, i) => [i, histogram])));
    for (let end = 0; end < column.length; end++) {
      t.throws(
        () => decodeHistograms(new ByteReader(column, { end }), entries.length),
        MalformedBytes,
      );
    }
    for (let flip = 0; flip < 200; flip++) {
      const damaged = column.slice();
      const at = random.below(damaged.length);
      damaged[at] = (damaged[at] as number) ^ (1 << random.below(8));
      try {
        decodeHistograms(new ByteReader(damaged), entries.length);
      } catch (error) {
        if (!(error instanceof MalformedBytes)) throw error;
      }
    }
  }
});
