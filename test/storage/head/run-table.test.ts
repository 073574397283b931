/** Runs of samples as the kernel writes and reads them, against the plain codec. */
import { loadSampleRuns, RunTable } from '@mon/storage/head/run-table';
import { SamplePart } from '@mon/storage/head/sample-part';
import { PAGE_BYTES, ShardMemory } from '@mon/storage/memory/shard-memory';
import t from 'tap';
import { type Random, randomFrom } from '../random.ts';
import { bitsOf, encodeRun, type PlainSample } from './plain-runs.ts';

const ALL = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };
const STALE = 0x7ff0000000000002n;
const ODD_BITS = [
  STALE,
  0x7ff8000000000000n,
  0xfff8000000000123n,
  ...[0, -0, 1, -1, 0.1, 1e-7, 1e300, -1e15, 2 ** 50, 2 ** 50 - 1, 2 ** 53, 5e-324].map(bitsOf),
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 123456.789].map(bitsOf),
];

/** The next value of a series of some kind. */
function nextBits(kind: number, before: number, { next }: Random): bigint {
  if (next(40) === 0) return ODD_BITS[next(ODD_BITS.length)] as bigint;
  if (kind === 0) return bitsOf(7);
  if (kind === 1) return bitsOf(before + next(4));
  if (kind === 2) return bitsOf(next(10_000) / 100);
  if (kind === 3) return bitsOf(before + next(2 ** 30) * next(2 ** 20));
  if (kind === 4) return bitsOf(next(2 ** 30) / 1e6);
  return bitsOf(next(2 ** 31) / (1 + next(2 ** 31)));
}

function nextMs(kind: number, before: number, { next }: Random): number {
  if (next(100) === 0) return before + 1 + next(2 ** 31);
  return before + (kind % 2 === 0 ? 15_000 : 14_990 + next(20));
}

function randomRun(random: Random): PlainSample[] {
  const { next } = random;
  const kind = next(6);
  const samples: PlainSample[] = [];
  let ms = [1.7e12, 0, -(2 ** 49), 2 ** 48][next(4)] as number;
  let value = next(1e6);
  for (let left = 1 + next(next(4) === 0 ? 1500 : 40); left > 0; left--) {
    const bits = nextBits(kind, value, random);
    if (next(3) > 0) value += next(100);
    samples.push({ ms, bits });
    ms = nextMs(kind, ms, random);
  }
  return samples;
}

/** All runs as one part, by turns or each in one piece; the ref is the run's number * 1000. */
function partOf(memory: ShardMemory, runs: readonly PlainSample[][], byTurns: boolean): SamplePart {
  const total = runs.reduce((sum, run) => sum + run.length, 0);
  const part = SamplePart.inPages(memory, total, total);
  part.seriesCount = 0;
  part.sampleCount = 0;
  const bits = new BigUint64Array(part.buffer, part.valueBitsAt, total);
  const add = (ref: number, samples: readonly PlainSample[]) => {
    if (samples.length === 0) return;
    part.refs[part.seriesCount++] = ref;
    for (const sample of samples) {
      part.timestampsMs[part.sampleCount] = sample.ms;
      bits[part.sampleCount++] = sample.bits;
    }
    part.sampleOffsets[part.seriesCount] = part.sampleCount;
  };
  const longest = Math.max(...runs.map((run) => run.length));
  if (!byTurns) for (const [i, run] of runs.entries()) add(i * 1000, run);
  else
    for (let k = 0; k < longest; k++)
      for (const [i, run] of runs.entries()) add(i * 1000, run.slice(k, k + 1));
  return part;
}

function readBack(
  memory: ShardMemory,
  table: RunTable,
  ask: { ref: number; room: number; startMs: number; endMs: number },
): PlainSample[] {
  const pages = Math.ceil((16 * ask.room + 16) / PAGE_BYTES);
  const times = memory.allocate(pages);
  const values = times + 8 * ask.room;
  const count = table.read(ask.ref, ask, { times, values });
  const ms = new Float64Array(memory.buffer, times, count);
  const bits = new BigUint64Array(memory.buffer, values, count);
  const samples = Array.from(ms, (one, i) => ({ ms: one, bits: bits[i] as bigint }));
  memory.release(times, pages);
  return samples;
}

const text = (samples: readonly PlainSample[]) =>
  samples.map(({ ms, bits }) => `${ms} ${bits.toString(16)}`).join('\n');

t.test('runs read back bit by bit, whole and in part', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  for (let round = 0; round < 60; round++) {
    const memory = new ShardMemory();
    const table = new RunTable(memory, loadSampleRuns(memory));
    const runs = Array.from({ length: 1 + random.next(30) }, () => randomRun(random));
    const part = partOf(memory, runs, round % 2 === 0);
    t.notOk(table.insert(part, { series: 0, sample: 0, isJudged: false }));
    t.equal(table.samples, part.sampleCount);
    for (const [i, run] of runs.entries()) {
      const ref = i * 1000;
      const whole = readBack(memory, table, { ref, room: run.length, ...ALL });
      if (text(whole) !== text(run)) t.equal(text(whole), text(run), `seed ${random.seed}`);
      const [a, b] = [random.next(run.length), random.next(run.length)];
      const startMs = (run[Math.min(a, b)] as PlainSample).ms - random.next(2);
      const endMs = (run[Math.max(a, b)] as PlainSample).ms + random.next(2);
      const within = run.filter(({ ms }) => ms >= startMs && ms <= endMs);
      const got = readBack(memory, table, { ref, room: within.length + 1, startMs, endMs });
      if (text(got) !== text(within)) t.equal(text(got), text(within), `seed ${random.seed}`);
      t.equal(table.lastMs(ref), run.at(-1)?.ms);
    }
    t.equal(table.count(1), 0);
    t.equal(table.lastMs(999_999), Number.NEGATIVE_INFINITY);
  }
});

t.test('the kernel writes what the plain codec writes', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  for (let round = 0; round < 150; round++) {
    const memory = new ShardMemory();
    const table = new RunTable(memory, loadSampleRuns(memory));
    const run = randomRun(random);
    const part = partOf(memory, [run], false);
    const before = memory.bytesUsed;
    table.insert(part, { series: 0, sample: 0, isJudged: false });
    t.equal(table.bytes, memory.bytesUsed - before);
    const slices = encodeRun(run);
    const bytes = Buffer.from(memory.buffer);
    // Slices are taken one after the other: the first from one page, the others from the next.
    const firstAt = part.address + PAGE_BYTES * (Math.ceil((24 * run.length + 4) / PAGE_BYTES) + 2);
    slices.forEach((slice, i) => {
      const at = i === 0 ? firstAt : firstAt + PAGE_BYTES + 64 * (i - 1);
      const got = bytes.subarray(at, at + slice.length).toString('hex');
      const wanted = Buffer.from(slice).toString('hex');
      if (got !== wanted) t.equal(got, wanted, `seed ${random.seed}, slice ${i}`);
    });
    t.equal(table.count(0), run.length);
    table.release();
    t.equal(memory.bytesUsed, before, 'all memory is given back');
  }
});

t.test('insertion stops at a late sample and goes on behind it', async (t) => {
  const memory = new ShardMemory();
  const table = new RunTable(memory, loadSampleRuns(memory));
  const samples = [10, 20, 15, 20, 30].map((ms) => ({ ms, bits: bitsOf(ms) }));
  const part = partOf(memory, [samples], false);
  const cursor = { series: 0, sample: 0, isJudged: false };
  const stops: number[] = [];
  for (; table.insert(part, cursor); cursor.sample++) stops.push(cursor.sample);
  t.same(stops, [2, 3]);
  t.same([table.samples, table.minTimeMs, table.maxTimeMs], [3, 10, 30]);
  const next = new RunTable(memory, loadSampleRuns(memory));
  next.setOlder(table);
  const second = partOf(memory, [[30, 40].map((ms) => ({ ms, bits: bitsOf(ms) }))], false);
  const place = { series: 0, sample: 0, isJudged: false };
  t.ok(next.insert(second, place), 'the older generation has it, perhaps');
  t.equal(place.sample, 0);
  place.isJudged = true;
  t.notOk(next.insert(second, place));
  t.equal(next.samples, 2);
});
