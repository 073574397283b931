import { SamplePart } from '@mon/storage/head/sample-part';
import { SeriesDefinitions } from '@mon/storage/head/series-definitions';
import { SeriesTable } from '@mon/storage/head/series-table';
import {
  RECORD_FLOAT_SAMPLES,
  TIMESTAMP_ABS_MAX_MS,
  WalRecordWriter,
} from '@mon/storage/head/wal-record';
import { ReplayedSamples } from '@mon/storage/head/wal-replay';
import { FRAME_BYTES, framePayloadBytes, isPayloadIntact } from '@mon/storage/log/record-frame';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import { randomFrom } from '../random.ts';

const MEMORY = new ShardMemory();
const ORIGIN = { generation: 7, shard: 2 };

/** The frames in a writer's bytes: kind and payload. */
function frames(bytes: Uint8Array): { kind: number; payload: Uint8Array }[] {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const length = framePayloadBytes(bytes, at);
    if (!isPayloadIntact(bytes, at, length)) throw new Error(`damaged frame at ${at}`);
    const payload = bytes.slice(at + FRAME_BYTES, at + FRAME_BYTES + length);
    found.push({ kind: bytes[at + 1] as number, payload });
    at += FRAME_BYTES + length;
  }
  return found;
}

function part(series: [ref: number, ...timestamps: number[]][], values: number[]): SamplePart {
  const made = SamplePart.inPages(MEMORY, series.length, values.length);
  let sample = 0;
  series.forEach(([ref, ...timestamps], s) => {
    made.refs[s] = ref;
    made.sampleOffsets[s] = sample;
    for (const ms of timestamps) made.timestampsMs[sample++] = ms;
  });
  made.sampleOffsets[series.length] = sample;
  made.values.set(values);
  return made;
}

function roundTrip(made: SamplePart): ReplayedSamples {
  const writer = new WalRecordWriter();
  writer.addSamples(ORIGIN, made);
  const [frame] = frames(writer.take());
  const read = new ReplayedSamples();
  read.read(frame?.payload ?? new Uint8Array(0));
  return read;
}

t.test('samples read back, bits and order kept', async (t) => {
  const max = TIMESTAMP_ABS_MAX_MS;
  const values = [1, -0, Number.NaN, 5e-324, Number.NEGATIVE_INFINITY, 3, 0, 1, 2, 3];
  const made = part(
    [
      [5, 1735819200000],
      [6, 1735819200000],
      [4, -5, -5, 10],
      [4_000_000_000, max, -max, max, 0],
      [0, 7],
    ],
    values,
  );
  setStaleAt(made.valueBits, 9);
  const read = roundTrip(made);
  t.equal(read.seriesCount, 5);
  t.same([...read.refs.subarray(0, 5)], [5, 6, 4, 4_000_000_000, 0]);
  t.same([...read.sampleOffsets.subarray(0, 6)], [0, 1, 2, 5, 9, 10]);
  t.same([...read.timestampsMs.subarray(0, 10)], [...made.timestampsMs]);
  t.same([...read.valueBits.subarray(0, 20)], [...bitsOf(made.values)]);
});

t.test('random samples read back', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  for (let round = 0; round < 300; round++) {
    const series: [number, ...number[]][] = Array.from({ length: 1 + next(20) }, () => [
      next(2) === 0 ? next(64) : next(2 ** 31) * 2,
      ...Array.from({ length: 1 + next(5) }, () => {
        const ms = next(2) === 0 ? next(30_000) : next(2 ** 31) * next(2 ** 18);
        return next(2) === 0 ? ms : -ms;
      }),
    ]);
    const count = series.reduce((sum, entry) => sum + entry.length - 1, 0);
    const made = part(
      series,
      Array.from({ length: count }, () => next(2 ** 31) / 7),
    );
    const read = roundTrip(made);
    t.same([...read.refs.subarray(0, read.seriesCount)], [...made.refs], `seed ${seed}`);
    t.same([...read.timestampsMs.subarray(0, count)], [...made.timestampsMs], `seed ${seed}`);
    t.same([...read.values.subarray(0, count)], [...made.values], `seed ${seed}`);
  }
});

t.test('a live scrape costs 10 bytes a sample', async (t) => {
  const refs = Array.from({ length: 2500 }, (_, ref) => ref);
  const made = part(
    refs.map((ref) => [ref, 1735819200000 + Math.floor(ref / 100) * 37]),
    refs,
  );
  const writer = new WalRecordWriter();
  writer.addSamples(ORIGIN, made);
  const bytes = writer.take().length;
  t.ok(bytes < 2500 * 10.1, `${bytes / 2500} bytes a sample`);
});

t.test('records have the bytes that docs/formats/wal.md shows', async (t) => {
  const writer = new WalRecordWriter();
  const table = new SeriesTable(new Uint8Array(16).fill(7), MEMORY);
  for (const name of ['a', 'b', 'c']) table.resolve(DEFAULT_TENANT, ['__name__', name], 1);
  const labels = ['__name__', 'up', 'job', 'x'];
  const refs = [labels.slice(0, 2), labels].map((set) =>
    table.resolve(DEFAULT_TENANT, set, 0x01020304),
  );
  new SeriesDefinitions(table).write(refs, (definitions) =>
    writer.addSeries(ORIGIN, DEFAULT_TENANT, definitions),
  );
  writer.addSamples(ORIGIN, part([[3, 1000, 2000, 3001]], [1, 2, 0.5]));
  const [series, samples] = frames(writer.take());
  t.equal(samples?.kind, RECORD_FLOAT_SAMPLES);
  const hex = (bytes?: Uint8Array) => Buffer.from(bytes ?? []).toString('hex');
  t.equal(
    hex(series?.payload),
    '070000000200000002000000' +
      '0764656661756c74' +
      '06040302010d5da969625dd3de' +
      '010100' +
      '085f5f6e616d655f5f' +
      '027570' +
      '02040302019398deeaa31b31a2' +
      '020200' +
      '036a6f620178',
  );
  t.equal(
    hex(samples?.payload),
    '070000000200000003000000' +
      '07000000' +
      '0d03' +
      'd00fd00f02' +
      '000000000000f03f' +
      '0000000000000040' +
      '000000000000e03f',
  );
});
