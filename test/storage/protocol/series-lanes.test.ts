import { MonError } from '@mon/storage/model/error';
import type { Exemplar } from '@mon/storage/model/exemplar';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';
import { RemoteWriteWalk } from '@mon/storage/protocol/remote-write';
import { readLanes1 } from '@mon/storage/protocol/series-lanes';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import t from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';
import { randomHistogram } from '../histogram-fixture.ts';

/** One series with one histogram, field by field. */
const GOLDEN = Buffer.concat([
  Buffer.from('0a38', 'hex'),
  Buffer.from('0a0d0a085f5f6e616d655f5f120168', 'hex'),
  Buffer.from('2227', 'hex'),
  Buffer.from('0804190000000000000c40200629fca9f1d24d62503f3001', 'hex'),
  Buffer.from('5a0408011002', 'hex'),
  Buffer.from('62020401', 'hex'),
  Buffer.from('700078e807', 'hex'),
]);

t.test('readLanes1() reads what encodeSeriesLanes() wrote', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 100; round++) {
    const lanes: SeriesLanes[] = Array.from({ length: 1 + random.below(3) }, (_, i) => ({
      pairs: ['__name__', `h${i}`, 'zone', '北'],
      histograms: Array.from({ length: 1 + random.below(4) }, () => ({
        timestampMs: random.below(2 ** 41) - 1000,
        histogram: { ...randomHistogram(random), createdMs: undefined },
      })),
      exemplars: Array.from(
        { length: random.below(3) },
        (): Exemplar => ({
          labels: ['trace_id', `${random.below(1e9)}`],
          value: random.next(),
          timestampMs: random.below(2 ** 41),
        }),
      ),
    }));
    const bytes = encodeSeriesLanes(lanes);
    t.strictSame(readLanes1(bytes), lanes);
    const walk = new RemoteWriteWalk();
    walk.walk(bytes);
    t.equal(walk.histogramCount, lanes.flatMap((one) => one.histograms).length);
    t.equal(walk.exemplarCount, lanes.flatMap((one) => one.exemplars).length);
  }
});

t.test('readLanes1() reads fields by their numbers in the protobuf', async (t) => {
  const [series] = readLanes1(GOLDEN);
  t.same(series?.pairs, ['__name__', 'h']);
  t.match(series?.histograms[0], {
    timestampMs: 1000,
    histogram: { kind: 'integer', count: 4, sum: 3.5, schema: 3, zeroThreshold: 0.001 },
  });
  t.same([...(series?.histograms[0]?.histogram.positiveSpans ?? [])], [-1, 2]);
  t.same([...(series?.histograms[0]?.histogram.positiveCounts ?? [])], [2, 1]);
});

t.test(
  'readLanes1() passes series without lanes over, and refuses what is cut short',
  async (t) => {
    t.same(readLanes1(Buffer.from('0a110a0d0a085f5f6e616d655f5f1201681200', 'hex')), []);
    for (let end = 3; end < GOLDEN.length; end++) {
      try {
        readLanes1(GOLDEN.subarray(0, end));
        t.fail(`cut at ${end}`);
      } catch (error) {
        if (!(error instanceof MonError) || error.code !== 'bad-body') throw error;
      }
    }
  },
);

t.test('readLanes1() never does anything but read or refuse', async (t) => {
  const random = seededRandom(t);
  const timed = { timestampMs: 1, histogram: randomHistogram(random) };
  const bytes = encodeSeriesLanes([
    { pairs: ['__name__', 'h'], histograms: [timed], exemplars: [] },
  ]);
  for (let i = 0; i < 5000; i++) {
    const damaged = bytes.slice();
    damaged[random.below(damaged.length)] = random.below(256);
    try {
      readLanes1(damaged);
    } catch (error) {
      if (!(error instanceof MonError) || error.code !== 'bad-body') throw error;
    }
  }
});
