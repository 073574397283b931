/** A head that is replayed from its log holds what the head held that wrote it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admit } from '@mon/storage/head/admission';
import { Head } from '@mon/storage/head/head';
import { SampleBuffer } from '@mon/storage/head/sample-buffer';
import { SamplePart } from '@mon/storage/head/sample-part';
import { SampleRecords } from '@mon/storage/head/sample-records';
import { SeriesDefinitions } from '@mon/storage/head/series-definitions';
import { WalRecordWriter } from '@mon/storage/head/wal-record';
import { SegmentLog } from '@mon/storage/log/segment-log';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { replayWal } from '@mon/storage/shard/replay-wal';
import t from 'tap';
import { type Random, randomFrom } from '../random.ts';

const KEY = new Uint8Array(16).fill(3);
const SERIES = 40;
const ANY_TIME = { minTimeMs: -1e15, maxTimeMs: 1e15 };
/** Value bits as low and high word: a staleness marker, other NaNs, zeros, infinity. */
const ODD = [
  [2, 0x7ff00000],
  [0, 0x7ff80000],
  [5, 0xfff80001],
  [0, 0],
  [0, 0x80000000],
  [0, 0x7ff00000],
] as const;

const labelsOf = (i: number) => ['__name__', 'm', 'i', String(i)];

function randomPart(memory: ShardMemory, nowMs: number, { next }: Random): SamplePart {
  const counts = Array.from({ length: 1 + next(30) }, () => 1 + (next(4) === 0 ? next(8) : 0));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const part = SamplePart.inPages(memory, counts.length, total);
  let sample = 0;
  for (const [s, count] of counts.entries()) {
    part.refs[s] = next(SERIES);
    part.sampleOffsets[s] = sample;
    for (let k = 0; k < count; k++) {
      // Mostly in order; some late, some twice.
      part.timestampsMs[sample] = next(5) === 0 ? nowMs - next(50_000) : nowMs + 10 * k + next(20);
      part.values[sample] = next(3) === 0 ? next(100) : next(1e6) / 100;
      const odd = ODD[next(40)];
      if (odd !== undefined) part.valueBits.set(odd, 2 * sample);
      sample++;
    }
  }
  part.sampleOffsets[counts.length] = total;
  return part;
}

function contents(head: Head): string[] {
  const out = new SampleBuffer(1);
  return Array.from({ length: SERIES }, (_, i) => {
    const ref = head.resolve(DEFAULT_TENANT, labelsOf(i));
    const count = head.read(head.active, ref, { out, at: 0 });
    return Array.from({ length: count }, (_, k) =>
      [out.timestampsMs[k], out.valueBits[2 * k], out.valueBits[2 * k + 1]].join(),
    ).join(' ');
  });
}

t.test('replay ends in the same head, bit by bit, with any number of shards', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'mon-replay-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const memory = new ShardMemory();
  const head = new Head(KEY, 1, memory);
  const refs = Array.from({ length: SERIES }, (_, i) => head.resolve(DEFAULT_TENANT, labelsOf(i)));
  const log = new SegmentLog({ dir: join(dataDir, 'wal'), segmentBytesMax: 100_000 });
  const writer = new WalRecordWriter();
  const origin = { generation: 1, shard: 0 };
  new SeriesDefinitions(head.series).write(refs, (definitions) =>
    writer.addSeries(origin, DEFAULT_TENANT, definitions),
  );
  const records = new SampleRecords(memory);
  for (let round = 0; round < 600; round++) {
    const part = randomPart(memory, 1.7e12 + round * 1000, random);
    admit(head, part, { bounds: ANY_TIME, onRejected: () => undefined });
    if (part.sampleCount > 0) writer.addFramed(records.write(origin, part));
    log.append([writer.take().slice()]);
    head.insert(part, () => undefined);
  }
  log.close();
  const segments = log.segments.map(({ number }) => number);
  t.ok(segments.length > 1);
  const wanted = contents(head);
  for (const count of [1, 3]) {
    const replayed = Array.from({ length: count }, (_, index) => {
      const target = { head: new Head(KEY, 1, new ShardMemory()), index, count, dataDir };
      const report = replayWal(target, { segments, cutThrough: 0 });
      t.same([report.damages.length, report.samplesLost], [0, 0]);
      return target.head;
    });
    t.equal(
      replayed.reduce((sum, one) => sum + one.samples, 0),
      head.samples,
    );
    const each = replayed.map(contents);
    const joined = wanted.map((_, i) => each.map((one) => one[i]).join(''));
    t.same(joined, wanted, `seed ${random.seed}, ${count} shards`);
    // Replayed twice: idempotent by series and timestamp.
    const again = { head: replayed[0] as Head, index: 0, count, dataDir };
    const before = again.head.samples;
    replayWal(again, { segments, cutThrough: 0 });
    t.equal(again.head.samples, before, 'the same again changes nothing');
  }
});
