/** The kernels of the way from a body to parts, beside their twins. */
import { SamplePart } from '@mon/storage/head/sample-part';
import { loadKernel } from '@mon/storage/memory/load-kernel';
import { newShardMemory, TRANSIT } from '@mon/storage/memory/shard-layout';
import { PAGES_MAX, ShardMemory } from '@mon/storage/memory/shard-memory';
import { TransitSpace } from '@mon/storage/memory/transit-space';
import { MonError } from '@mon/storage/model/error';
import { RemoteWriteWalk } from '@mon/storage/protocol/remote-write';
import { encodeWriteRequest } from '@mon/storage/protocol/remote-write-encode';
import { packSnappy } from '@mon/storage/protocol/snappy';
import { readPlainBytes, SnappyUnpacker } from '@mon/storage/protocol/snappy-unpacker';
import { BodyDecoder } from '@mon/storage/shard/body-decoder';
import { PartDealer } from '@mon/storage/shard/part-dealer';
import { RequestColumns } from '@mon/storage/shard/request-columns';
import { SeriesCache } from '@mon/storage/shard/series-cache';
import t from 'tap';
import { type Random, randomFrom } from '../random.ts';
import { hashLabels } from './label-hash-twin.ts';

const SHARDS = 3;
const memory = new ShardMemory(PAGES_MAX, newShardMemory());
const transit = new TransitSpace(memory.buffer, TRANSIT);
const columns = new RequestColumns(memory, SHARDS);

/** Puts bytes into the memory with rubbish around them; returns their address. */
const place = transit.take(4 * 1024 * 1024);
function put(bytes: Uint8Array): number {
  memory.bytes.fill(0xa5, place, place + bytes.length + 256);
  memory.bytes.set(bytes, place + 64);
  return place + 64;
}

function refused<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof MonError && error.code === 'bad-body') return undefined;
    throw error;
  }
}

function randomBytes({ next }: Random, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const kinds = 1 + next(5);
  for (let at = 0; at < length; ) {
    const from = next(at + 1);
    const run = Math.min(1 + next(90), length - at);
    if (next(kinds) === 0) for (let i = 0; i < run; i++) bytes[at + i] = next(256);
    else for (let i = 0; i < run; i++) bytes[at + i] = bytes[from + i] as number;
    at += run;
  }
  return bytes;
}

/** A few bytes changed, or the end cut off. */
function damaged({ next }: Random, bytes: Uint8Array): Uint8Array {
  if (next(3) === 0) return bytes.slice(0, next(bytes.length + 1));
  const changed = bytes.slice();
  for (let i = 1 + next(3); i > 0 && changed.length > 0; i--) {
    changed[next(changed.length)] = next(2) === 0 ? next(256) : 0xff;
  }
  return changed;
}

t.test('the snappy kernel unpacks and refuses what its twin does', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const kernel = loadKernel<{
    unpack(from: number, to: number, out: number, end: number): number;
  }>('snappy', memory.memory);
  const twin = new SnappyUnpacker();
  const out = transit.take(2 * 1024 * 1024);
  let whole = 0;
  for (let round = 0; round < 4000; round++) {
    const plain = randomBytes(random, random.next(round % 20 === 0 ? 100_000 : 2000));
    const packed = round % 4 === 0 ? packSnappy(plain) : damaged(random, packSnappy(plain));
    const prefix = refused(() => readPlainBytes(packed));
    if (prefix === undefined || prefix.plainBytes > 1024 * 1024) continue;
    const from = put(packed);
    const end = out + prefix.plainBytes;
    memory.bytes.fill(0x5a, end + 64, end + 96);
    const isWhole = kernel.unpack(from + prefix.at, from + packed.length, out, end) !== 0;
    const wanted = refused(() => twin.unpack(packed));
    if (isWhole !== (wanted !== undefined)) t.fail(`round ${round}: kernel says ${isWhole}`);
    if (!memory.bytes.subarray(end + 64, end + 96).every((byte) => byte === 0x5a)) {
      t.fail(`round ${round}: written beyond the slack`);
    }
    if (wanted === undefined) continue;
    whole++;
    if (Buffer.compare(wanted, memory.bytes.subarray(out, end)) !== 0) t.fail(`round ${round}`);
  }
  t.ok(whole > 1000);
});

function randomBody({ next }: Random): Uint8Array {
  const series = next(40);
  const offsets = [0];
  const labels: string[][] = [];
  for (let s = 0; s < series; s++) {
    const pairs = ['__name__', `m${next(10)}`];
    for (let i = next(4); i > 0; i--) pairs.push(`l${i}`, 'v'.repeat(next(i === 3 ? 400 : 20)));
    labels.push(pairs);
    offsets.push((offsets[s] as number) + next(4));
  }
  const samples = offsets[series] as number;
  const isOdd = next(4) === 0;
  const times = Array.from({ length: samples }, () => {
    return isOdd && next(10) === 0 ? (next(2000) - 1000) * 2 ** next(44) : 1.7e12 + next(1e6);
  });
  const values = Array.from({ length: samples }, () => (next(4) === 0 ? 0 : next(1000) / 7));
  const made = {
    labels,
    sampleOffsets: Uint32Array.from(offsets),
    timestampsMs: Float64Array.from(times),
    values: Float64Array.from(values),
  };
  return encodeWriteRequest(made, [], { from: 0, to: series });
}

t.test('the walk kernel leaves the columns of its twin, or hands back', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const decoder = new BodyDecoder(memory);
  const twin = new RemoteWriteWalk();
  let walked = 0;
  for (let round = 0; round < 6000; round++) {
    const sound = randomBody(random);
    const plain = round % 3 === 0 ? sound : damaged(random, sound);
    const packed = packSnappy(plain);
    const from = put(packed);
    const isWalked = decoder.decode(from, from + packed.length, columns);
    if (!isWalked) continue;
    walked++;
    const what = `seed ${random.seed}, round ${round}`;
    const wanted = refused(() => {
      twin.walk(plain);
      return twin;
    });
    if (wanted === undefined) t.fail(`${what}: the twin refuses it`);
    const { seriesCount, sampleCount } = twin;
    if (columns.seriesCount !== seriesCount || columns.sampleCount !== sampleCount) t.fail(what);
    const start = (columns.seriesFrom[0] as number) - (twin.seriesFrom[0] as number);
    for (let s = 0; s < seriesCount; s++) {
      const isSame =
        columns.sampleOffsets[s + 1] ===
          (s + 1 < seriesCount ? twin.sampleOffsets[s + 1] : sampleCount) &&
        (columns.seriesTo[s] as number) - start === twin.seriesTo[s] &&
        (columns.labelsTo[s] as number) - (columns.labelsFrom[s] as number) ===
          (twin.labelsTo[s] as number) - (twin.labelsFrom[s] as number);
      if (!isSame) t.fail(`${what}: series ${s}`);
    }
    for (let k = 0; k < sampleCount; k++) {
      const isSame =
        columns.timestampsMs[k] === twin.timestampsMs[k] &&
        columns.valueBits[2 * k] === twin.valueBits[2 * k] &&
        columns.valueBits[2 * k + 1] === twin.valueBits[2 * k + 1];
      if (!isSame) t.fail(`${what}: sample ${k}`);
    }
  }
  t.ok(walked > 1500, 'what senders write is walked by the kernel');
});

t.test('the cache kernel hashes and finds as its twins do', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const cache = new SeriesCache(memory);
  const key = Array.from(
    { length: 8 },
    (_, i) => (BigInt(i) * 0x9e3779b97f4a7c15n) & ((1n << 64n) - 1n),
  );
  const keyAt = transit.take(64);
  new BigUint64Array(memory.buffer, keyAt, 8).set(key);
  const known = new Map<string, { owner: number; ref: number }>();
  const texts = Array.from({ length: 3000 }, (_, i) => `${i}`.padStart(random.next(90), 'abc'));
  for (let round = 0; round < 40; round++) {
    const picked = Array.from({ length: random.next(300) }, () => random.next(texts.length));
    columns.reserve(picked.length, 2 * picked.length);
    let at = put(Buffer.alloc(0));
    let samples = 0;
    const bytes = picked.map((i) => Buffer.from(texts[i] as string));
    for (const [i, text] of bytes.entries()) {
      memory.bytes.set(text, at);
      columns.labelsFrom[i] = at;
      at += text.length;
      columns.labelsTo[i] = at;
      columns.sampleOffsets[i] = samples;
      samples += random.next(3);
    }
    columns.sampleOffsets[picked.length] = samples;
    columns.setCounts(picked.length, samples);
    columns.counts.fill(0);
    const unknown = cache.findAll(keyAt, round % 2, columns.frameAt);
    let expected = 0;
    const counts = new Array(2 * SHARDS).fill(0);
    for (const [i, text] of bytes.entries()) {
      const count = (columns.sampleOffsets[i + 1] as number) - (columns.sampleOffsets[i] as number);
      if (count === 0) {
        t.equal(columns.owners[i], SHARDS);
        continue;
      }
      const words = new BigUint64Array(columns.hashes.slice(4 * i, 4 * i + 4).buffer);
      const wanted = hashLabels(key, round % 2, text);
      if (words[0] !== wanted[0] || words[1] !== wanted[1]) t.fail(`hash of ${text.length} bytes`);
      const series = known.get(wanted.join());
      if (series === undefined) {
        expected++;
        if (columns.refs[i] !== 0xffffffff || columns.owners[i] !== SHARDS) t.fail('found');
        continue;
      }
      if (columns.refs[i] !== series.ref || columns.owners[i] !== series.owner) t.fail('other');
      counts[2 * series.owner]++;
      counts[2 * series.owner + 1] += count;
    }
    t.equal(unknown, expected);
    t.same([...columns.counts], counts);
    for (const [i] of bytes.entries()) {
      if (columns.refs[i] !== 0xffffffff || columns.owners[i] !== SHARDS) continue;
      const hash = columns.hashes.slice(4 * i, 4 * i + 4);
      const series = { owner: random.next(SHARDS), ref: random.next(1e9) };
      const isCounted = columns.sampleOffsets[i + 1] !== columns.sampleOffsets[i];
      if (!isCounted || cache.find(hash, 0) >= 0) continue;
      cache.set(hash, 0, series);
      known.set([...new BigUint64Array(hash.buffer)].join(), series);
    }
  }
});

t.test('the dealing kernel gives each owner its samples, in order', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  const dealer = new PartDealer(memory, transit, SHARDS);
  for (let round = 0; round < 200; round++) {
    const series = next(50);
    columns.reserve(series, 4 * series);
    columns.counts.fill(0);
    let samples = 0;
    for (let s = 0; s < series; s++) {
      columns.sampleOffsets[s] = samples;
      samples += next(4);
      columns.sampleOffsets[s + 1] = samples;
      columns.refs[s] = next(2 ** 32);
      columns.owners[s] = SHARDS;
      if (next(5) > 0) columns.give(s, next(SHARDS));
    }
    for (let k = 0; k < samples; k++) {
      columns.timestampsMs[k] = next(1e9);
      columns.valueBits.set([next(2 ** 32), next(2 ** 32)], 2 * k);
    }
    columns.setCounts(series, samples);
    for (const dealt of dealer.deal(columns)) {
      const { part } = dealt;
      let at = 0;
      let index = 0;
      for (let s = 0; s < series; s++) {
        if (columns.owners[s] !== dealt.owner) continue;
        t.equal(part.refs[index], columns.refs[s]);
        t.equal(part.sampleOffsets[index++], at);
        for (
          let k = columns.sampleOffsets[s] as number;
          k < (columns.sampleOffsets[s + 1] as number);
          k++
        ) {
          t.equal(part.timestampsMs[at], columns.timestampsMs[k]);
          t.equal(part.valueBits[2 * at + 1], columns.valueBits[2 * k + 1]);
          t.equal(dealt.requestIndex(at), k);
          at++;
        }
      }
      t.equal(part.sampleOffsets[index], at);
      t.ok(part instanceof SamplePart && part.sampleCount === at && part.seriesCount === index);
      transit.give(part.address);
    }
  }
});
