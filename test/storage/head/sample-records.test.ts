/** Records of samples as the kernel decodes them, against the plain reader. */
import { FOREIGN, LogRefs, OWN } from '@mon/storage/head/log-refs';
import { SamplePart } from '@mon/storage/head/sample-part';
import { SampleRecords } from '@mon/storage/head/sample-records';
import { WalRecordWriter } from '@mon/storage/head/wal-record';
import { BadRecord, ReplayedSamples } from '@mon/storage/head/wal-replay';
import { FRAME_BYTES } from '@mon/storage/log/record-frame';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import t from 'tap';
import { type Random, randomFrom } from '../random.ts';

const REFS = 3000;
const ORIGIN = { generation: 0xfffffff0, shard: 7 };

function randomPart(memory: ShardMemory, { next }: Random): SamplePart {
  const counts = Array.from({ length: 1 + next(60) }, () => (next(3) === 0 ? 1 + next(9) : 1));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const part = SamplePart.inPages(memory, counts.length, total);
  let sample = 0;
  counts.forEach((count, s) => {
    part.refs[s] = next(10) === 0 ? next(2 ** 30) : next(REFS);
    part.sampleOffsets[s] = sample;
    for (let k = 0; k < count; k++) {
      part.timestampsMs[sample] = (next(2) === 0 ? 1 : -1) * next(2 ** 31) * (1 + next(2 ** 17));
      part.valueBits[2 * sample] = next(2 ** 31);
      part.valueBits[2 * sample++ + 1] = next(2 ** 31) * 2;
    }
  });
  part.sampleOffsets[counts.length] = total;
  return part;
}

function plainRecord(part: SamplePart): Uint8Array {
  const writer = new WalRecordWriter();
  writer.addSamples(ORIGIN, part);
  return writer.take().slice();
}

interface PlainReading {
  /** `ref ms low high` of each sample that is ours; how many are lost. */
  readonly read: [string[], number];
  /** Whether a ref or time, of others' samples too, is none a writer makes: the kernel refuses it. */
  readonly isBeyond: boolean;
}

function plain(payload: Uint8Array, meanings: ReadonlyMap<number, number>): PlainReading {
  const read = new ReplayedSamples();
  read.read(payload);
  const kept: string[] = [];
  let lost = 0;
  let isBeyond = false;
  for (let s = 0; s < read.seriesCount; s++) {
    const ref = read.refs[s] as number;
    isBeyond ||= ref >= 2 ** 31;
    const meaning = meanings.get(ref) ?? 0;
    for (let k = read.sampleOffsets[s] as number; k < (read.sampleOffsets[s + 1] as number); k++) {
      const { timestampsMs, valueBits } = read;
      isBeyond ||= Math.abs(timestampsMs[k] as number) > 2 ** 49;
      if (meaning === 0) lost++;
      if (meaning < OWN) continue;
      const bits = `${valueBits[2 * k]} ${valueBits[2 * k + 1]}`;
      kept.push(`${meaning - OWN} ${timestampsMs[k]} ${bits}`);
    }
  }
  return { read: [kept, lost], isBeyond };
}

function samplesOf(part: SamplePart): string[] {
  const samples: string[] = [];
  for (let s = 0; s < part.seriesCount; s++) {
    const end = part.sampleOffsets[s + 1] as number;
    for (let k = part.sampleOffsets[s] as number; k < end; k++) {
      const bits = `${part.valueBits[2 * k]} ${part.valueBits[2 * k + 1]}`;
      samples.push(`${part.refs[s]} ${part.timestampsMs[k]} ${bits}`);
    }
  }
  return samples;
}

t.test('the kernel decodes what the plain reader does, and refuses the same', async (t) => {
  const random = randomFrom();
  const { next, seed } = random;
  t.comment(`seed ${seed}`);
  const memory = new ShardMemory();
  const records = new SampleRecords(memory);
  const refs = new LogRefs(memory, 1);
  const meanings = new Map<number, number>();
  for (let i = 0; i < REFS / 2; i++) {
    const ref = next(REFS);
    meanings.set(ref, next(2) === 0 ? FOREIGN : OWN + next(1e6));
    refs.set(ref, meanings.get(ref) as number);
  }
  const window = memory.allocate(16);
  let refused = 0;
  for (let round = 0; round < 1000; round++) {
    const made = plainRecord(randomPart(new ShardMemory(), random)).subarray(FRAME_BYTES);
    const payload = memory.bytes.subarray(window, window + made.length);
    payload.set(made);
    const isDamaged = round % 2 === 1;
    if (isDamaged) payload[12 + next(Math.min(60, made.length - 12))] = next(256);
    const lostBefore = records.samplesLost;
    let wanted: unknown;
    let got: unknown;
    let isBeyond = false;
    try {
      const reading = plain(payload, meanings);
      wanted = reading.read;
      isBeyond = reading.isBeyond;
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      wanted = 'refused';
    }
    try {
      got = [samplesOf(records.read(payload, refs)), records.samplesLost - lostBefore];
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      got = 'refused';
      refused++;
    }
    if (isDamaged && isBeyond) continue;
    // Refs that no writer makes wrap in the plain reader, and mean nobody's series.
    const isNobodys = Array.isArray(wanted) && wanted[0].length === 0;
    if (isDamaged && got === 'refused' && isNobodys) continue;
    if (JSON.stringify(got) !== JSON.stringify(wanted)) t.same(got, wanted, `seed ${seed}`);
  }
  t.ok(refused > 0, `${refused} were refused`);
});

t.test('the kernel writes the record that the plain writer writes', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  for (let round = 0; round < 100; round++) {
    const memory = new ShardMemory();
    const part = randomPart(memory, random);
    const got = Buffer.from(new SampleRecords(memory).write(ORIGIN, part)).toString('hex');
    const wanted = Buffer.from(plainRecord(part)).toString('hex');
    if (got !== wanted) t.equal(got, wanted, `seed ${random.seed}`);
  }
});

t.test('LogRefs grows and gives back its memory', async (t) => {
  const memory = new ShardMemory();
  const refs = new LogRefs(memory, 1);
  for (const ref of [5, 100_000, 3, 700_000]) refs.set(ref, ref + OWN);
  const words = memory.words.subarray(refs.address / 4, refs.address / 4 + refs.count);
  t.equal(refs.count, 700_001);
  t.same([words[5], words[3], words[4], words[100_000]], [7, 5, 0, 100_002]);
  t.equal(words.filter((meaning) => meaning !== 0).length, 4);
  refs.release();
  t.equal(memory.bytesUsed, 0);
});
