import { ExemplarRing } from '@mon/storage/head/exemplar-ring';
import { HistogramBuffer } from '@mon/storage/head/histogram-buffer';
import { laneRecords, readLaneRecord } from '@mon/storage/head/lane-record';
import { CONFLICT, SAME, STORED } from '@mon/storage/head/late-runs';
import {
  RECORD_EXEMPLARS,
  RECORD_FLOAT_HISTOGRAMS,
  RECORD_INTEGER_HISTOGRAMS,
} from '@mon/storage/head/wal-record';
import { BadRecord } from '@mon/storage/head/wal-replay';
import { EXEMPLARS_PER_SERIES_MAX, type Exemplar } from '@mon/storage/model/exemplar';
import { entryBytes, NO_HISTOGRAMS } from '@mon/storage/model/histogram-run';
import t from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';
import { bytesOf, randomHistogram, runOf, someHistogram } from '../histogram-fixture.ts';

const exemplar = (timestampMs: number, id = 'a'): Exemplar => ({
  labels: ['id', id],
  value: 1,
  timestampMs,
});

t.test('HistogramBuffer gives histograms back by time, in whatever order they came', async (t) => {
  const random = seededRandom(t);
  const buffer = new HistogramBuffer();
  const wanted = new Map<number, Uint8Array>();
  for (let i = 0; i < 500; i++) {
    const ms = random.below(2) === 0 ? i * 10 : random.below(5000);
    const bytes = bytesOf(randomHistogram(random));
    const held = wanted.get(ms);
    t.equal(buffer.has(ms), held !== undefined);
    if (held === undefined) {
      t.equal(buffer.judge(ms, bytes), STORED);
      buffer.add(ms, bytes);
      wanted.set(ms, bytes);
    } else {
      t.equal(buffer.judge(ms, held), SAME);
      if (Buffer.compare(held, bytes) !== 0) t.equal(buffer.judge(ms, bytes), CONFLICT);
    }
  }
  const run = buffer.run();
  const times = [...wanted.keys()].sort((a, b) => a - b);
  t.same([...run.timestampsMs], times);
  t.equal(buffer.newestMs, times.at(-1));
  times.forEach((ms, i) => {
    if (Buffer.compare(entryBytes(run, i), wanted.get(ms) as Uint8Array) !== 0) t.fail(`at ${ms}`);
  });
});

t.test('ExemplarRing makes room for the newest, of a series and in all', async (t) => {
  const one = new ExemplarRing();
  for (let i = 0; i < EXEMPLARS_PER_SERIES_MAX + 10; i++) one.add(7, exemplar(i));
  t.equal(one.of(7).length, EXEMPLARS_PER_SERIES_MAX);
  t.equal(one.of(7)[0]?.timestampMs, 10);
  t.match(one, { count: EXEMPLARS_PER_SERIES_MAX, dropped: 10 });
  const all = new ExemplarRing(10);
  for (let i = 0; i < 40; i++) all.add(i % 4, exemplar(i));
  t.match(all, { count: 10, dropped: 30 });
  const times = [0, 1, 2, 3].flatMap((ref) => all.of(ref).map(({ timestampMs }) => timestampMs));
  t.same(
    times.sort((a, b) => a - b),
    Array.from({ length: 10 }, (_, i) => 30 + i),
  );
});

t.test('ExemplarRing judges by the newest of the series', async (t) => {
  const ring = new ExemplarRing();
  t.equal(ring.judge(1, exemplar(5)), 'stored');
  ring.add(1, exemplar(5, 'b'));
  t.equal(ring.judge(1, exemplar(5, 'b')), 'duplicate');
  t.equal(ring.judge(1, exemplar(5, 'a')), 'out-of-order');
  t.equal(ring.judge(1, exemplar(5, 'c')), 'stored');
  t.equal(ring.judge(1, exemplar(4, 'c')), 'out-of-order');
  t.equal(ring.judge(2, exemplar(4, 'c')), 'stored');
});

t.test(
  'readLaneRecord() reads what laneRecords() wrote, and refuses what is cut short',
  async (t) => {
    const lanes = [
      {
        ref: 5,
        histograms: runOf([[10, someHistogram()]]),
        exemplars: [exemplar(9), exemplar(12)],
      },
      {
        ref: 3,
        histograms: runOf([
          [11, { ...someHistogram(), kind: 'float', count: 1.5 }],
          [12, someHistogram(9)],
        ]),
        exemplars: [],
      },
    ] as const;
    const records = laneRecords(lanes);
    const [integer, float, exemplars] = [
      RECORD_INTEGER_HISTOGRAMS,
      RECORD_FLOAT_HISTOGRAMS,
      RECORD_EXEMPLARS,
    ];
    t.same(
      records.map(({ kind, count }) => [kind, count]),
      [
        [integer, 2],
        [float, 1],
        [exemplars, 2],
      ],
    );
    const found = records.map(({ kind, count, body }) => {
      const payload = new Uint8Array(12 + body.length);
      new DataView(payload.buffer).setUint32(8, count, true);
      payload.set(body, 12);
      for (let end = 12; end < payload.length; end++) {
        try {
          readLaneRecord(kind, payload.subarray(0, end));
          t.fail(`cut at ${end}`);
        } catch (error) {
          if (!(error instanceof BadRecord)) throw error;
        }
      }
      return readLaneRecord(kind, payload).map(({ ref, histograms, exemplars: some }) => [
        ref,
        ...histograms.timestampsMs,
        ...some.map(({ timestampMs }) => timestampMs),
      ]);
    });
    t.same(found, [
      [
        [5, 10],
        [3, 12],
      ],
      [[3, 11]],
      [
        [5, 9],
        [5, 12],
      ],
    ]);
    t.same(laneRecords([{ ref: 1, histograms: NO_HISTOGRAMS, exemplars: [] }]), []);
  },
);
