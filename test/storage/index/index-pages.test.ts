import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { ByteWriter } from '@mon/storage/encoding/byte-writer';
import { MalformedBytes } from '@mon/storage/encoding/malformed-bytes';
import { decodeLabelPage, encodeLabelPage, firstPair } from '@mon/storage/index/label-page';
import type { OrdinalRuns } from '@mon/storage/index/ordinal-runs';
import { PairDictionary } from '@mon/storage/index/pair-dictionary';
import { PostingsBuilder } from '@mon/storage/index/postings-builder';
import {
  decodePostings,
  decodePostingsPage,
  encodePostingsPage,
} from '@mon/storage/index/postings-page';
import {
  decodeSeriesPage,
  encodeSeriesPage,
  type SeriesPage,
} from '@mon/storage/index/series-page';
import {
  decodeTenantCatalog,
  encodeTenantCatalog,
  indexOfText,
} from '@mon/storage/index/tenant-catalog';
import t, { type Test } from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';

/** Encodes behind other bytes, decodes, and expects every shorter text to be refused. */
function roundTrip<T>(
  t: Test,
  page: T,
  encode: (page: T, out: ByteWriter) => void,
  decode: (reader: ByteReader) => T,
): Uint8Array {
  const out = new ByteWriter(4);
  out.text('before');
  const start = out.length;
  encode(page, out);
  const bytes = out.copy();
  t.same(decode(new ByteReader(bytes, { start })), page);
  const step = Math.max(1, Math.floor(bytes.length / 300));
  for (let end = start; end < bytes.length; end += step) {
    t.throws(() => decode(new ByteReader(bytes, { start, end })), MalformedBytes, `end ${end}`);
  }
  return bytes.subarray(start);
}

t.test('label pages keep pairs, shared beginnings and odd texts', async (t) => {
  const pairs = [
    ['', 'x'],
    ['a', ''],
    ['a', 'host_1'],
    ['a', 'host_10'],
    ['a', 'hostess'],
    ['a', 'höst'],
    ['a', `h${'x'.repeat(1000)}`],
    ['b', 'host_1'],
    ['ä', '\u{1f600}'],
  ];
  const page = {
    names: pairs.map(([n]) => n as string),
    values: pairs.map(([, v]) => v as string),
  };
  const bytes = roundTrip(t, page, encodeLabelPage, decodeLabelPage);
  t.same(firstPair(new ByteReader(bytes)), { name: '', value: 'x' });
});

t.test('postings keep runs, scattered and dense ordinals, each in its smallest form', async (t) => {
  const random = seededRandom(t);
  const builder = new PostingsBuilder();
  const shapes: ((ordinal: number) => boolean)[] = [
    (ordinal) => ordinal === 0,
    () => true,
    (ordinal) => ordinal % 100 < 50,
    (ordinal) => ordinal % 977 === 5,
    (ordinal) => ordinal > 1500 && random.next() < 0.5,
    () => random.next() < 0.02,
    (ordinal) => ordinal >= 2990,
  ];
  // Pairs come up one after the other: the first series carries all of them.
  const isIn = (pair: number, ordinal: number) =>
    ordinal === 0 || (shapes[pair] as (ordinal: number) => boolean)(ordinal);
  const expected: number[][] = shapes.map(() => []);
  for (let ordinal = 0; ordinal < 3000; ordinal++) {
    shapes.forEach((_, pair) => {
      if (!isIn(pair, ordinal)) return;
      builder.add(pair, ordinal);
      expected[pair]?.push(ordinal);
    });
  }
  const lists = shapes.map((_, pair) => builder.runsOf(pair));
  const out = new ByteWriter();
  encodePostingsPage(lists, out);
  const page = decodePostingsPage(new ByteReader(out.view()));
  const ordinalsOf = (runs: OrdinalRuns) => {
    const ordinals: number[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      for (let o = runs[i] as number; o < (runs[i + 1] as number); o++) ordinals.push(o);
    }
    return ordinals;
  };
  page.lists.forEach((list, pair) => {
    t.same(decodePostings(list), lists[pair]);
    t.same(ordinalsOf(decodePostings(list)), expected[pair]);
    t.ok(list.length < 500, `${list.length} bytes`);
  });
  t.same([...new Set(page.lists.map((list) => list[0]))].sort(), [0, 1, 2], 'all forms are used');
  t.throws(() => decodePostings(Uint8Array.of(9)), MalformedBytes);
  t.throws(() => decodePostings(Uint8Array.of(0, 1)), MalformedBytes);
});

t.test('catalogs keep metrics and ranges of pairs', async (t) => {
  const catalog = {
    firstSeries: 700,
    endSeries: 712,
    metrics: ['', 'cpu_seconds', 'cpu_usage', 'mem'],
    metricStarts: [700, 701, 705, 706, 712],
    names: ['__name__', 'host', 'hostname'],
    firstPairs: [0, 40, 300],
    endPairs: [4, 300, 301],
  };
  roundTrip(t, catalog, encodeTenantCatalog, decodeTenantCatalog);
  t.equal(indexOfText(catalog.metrics, 'cpu_usage'), 2);
  t.equal(indexOfText(catalog.metrics, 'cpu'), -1);
  t.equal(indexOfText([], 'x'), -1);
});

t.test('series pages keep hashes, times, groups and pairs', async (t) => {
  const random = seededRandom(t);
  const axis = { slotWidthMs: 7_200_000, slots: Float64Array.of(-5, 0, 1, 9000) };
  const timeIn = (slot: number) =>
    (axis.slots[slot] as number) * axis.slotWidthMs + random.below(axis.slotWidthMs);
  const count = 256;
  const pairLists = Array.from({ length: count }, () => {
    const pairs = new Set(Array.from({ length: random.below(20) }, () => random.below(1e6)));
    return [...pairs].sort((a, b) => a - b);
  });
  const starts = [0];
  for (const list of pairLists) starts.push((starts.at(-1) as number) + list.length);
  const page: SeriesPage = {
    count,
    shardHashes: Uint32Array.from({ length: count }, () => random.below(2 ** 32)),
    fingerprints: Uint32Array.from({ length: 2 * count }, () => random.below(2 ** 32)),
    firstSeen: Float64Array.from({ length: count }, () => timeIn(random.below(2))),
    lastSeen: Float64Array.from({ length: count }, () => timeIn(2 + random.below(2))),
    // The first group began on the page before.
    groups: Uint32Array.from({ length: count }, (_, i) => 70 + Math.floor((i + 5) / 16)),
    members: Uint8Array.from({ length: count }, (_, i) => (i + 5) % 16),
    groupSlots: Array.from({ length: 17 }, (_, i) =>
      Uint32Array.from(i % 2 ? [0, 4] : [0, 1, 3, 4]),
    ),
    pairStarts: Uint32Array.from(starts),
    pairs: Uint32Array.from(pairLists.flat()),
  };
  roundTrip(
    t,
    page,
    (page, out) => encodeSeriesPage(page, axis, out),
    (reader) => decodeSeriesPage(reader, axis),
  );
});

t.test('PairDictionary numbers pairs by name and value when all are known', async (t) => {
  const dictionary = new PairDictionary();
  t.same(dictionary.numbersOf(['z', '1', 'é', 'x']), [0, 1]);
  t.same(dictionary.numbersOf(['a', '2', 'z', '1']), [2, 0]);
  t.same(dictionary.numbersOf(['a', '10']), [3]);
  const { names, values, ranks, firstNumbers } = dictionary.sorted();
  t.same(names, ['a', 'a', 'z', 'é']);
  t.same(values, ['10', '2', '1', 'x']);
  t.same([...ranks], [2, 3, 1, 0]);
  t.same([...firstNumbers], [3, 2, 0, 1]);
});
