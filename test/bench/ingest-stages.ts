/**
 * Cost of each stage of an append of known series, kernel beside twin: `node test/bench/ingest-stages.ts`
 *
 * A body as live traffic sends it: 2,500 series of 12 labels, one sample each. CPU nanoseconds a
 * sample, the best of several rounds, since the machine may be busy.
 */
import { admit } from '@mon/storage/head/admission';
import { ANY_TIME as ANY_RANGE, Head } from '@mon/storage/head/head';
import { SampleRecords } from '@mon/storage/head/sample-records';
import { WalRecordWriter } from '@mon/storage/head/wal-record';
import { loadKernel } from '@mon/storage/memory/load-kernel';
import { newShardMemory, TRANSIT } from '@mon/storage/memory/shard-layout';
import { PAGES_MAX, ShardMemory } from '@mon/storage/memory/shard-memory';
import { TransitSpace } from '@mon/storage/memory/transit-space';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { RemoteWriteWalk } from '@mon/storage/protocol/remote-write';
import { encodeWriteRequest } from '@mon/storage/protocol/remote-write-encode';
import { packSnappy } from '@mon/storage/protocol/snappy';
import { readPlainBytes, SnappyUnpacker } from '@mon/storage/protocol/snappy-unpacker';
import { PartDealer } from '@mon/storage/shard/part-dealer';
import { newRawHashKey, rawHash } from '@mon/storage/shard/raw-hash';
import { RequestColumns } from '@mon/storage/shard/request-columns';
import { SeriesCache } from '@mon/storage/shard/series-cache';

const SERIES = 2500;
const ROUNDS = 200;
const BATCHES = 7;
const ANY_TIME = { minTimeMs: -1e15, maxTimeMs: 1e15 };

const memory = new ShardMemory(PAGES_MAX, newShardMemory());
const transit = new TransitSpace(memory.buffer, TRANSIT);
const columns = new RequestColumns(memory, 1);
const cache = new SeriesCache(memory);
const dealer = new PartDealer(memory, transit, 1);
const head = new Head(new Uint8Array(16), 1, memory);
const writer = new WalRecordWriter();

const labels = Array.from({ length: SERIES }, (_, i) => {
  const host = Math.floor(i / 100);
  const pairs = ['__name__', `node_metric_number_${i % 100}_seconds_total`, 'arch', 'x86_64'];
  pairs.push('cluster', 'production-frankfurt-1', 'datacenter', `eu-central-1${'abc'[host % 3]}`);
  pairs.push('environment', 'production', 'instance', `host-${host}.example.internal:9100`);
  pairs.push('job', 'node', 'mode', `mode_${i % 8}`, 'os', 'Ubuntu 24.04', 'rack', `${host % 40}`);
  pairs.push('service', `service-${host % 19}`, 'team', `team-${host % 7}`);
  return pairs;
});
let timeMs = 1_700_000_000_000;

function body(): Uint8Array<ArrayBuffer> {
  timeMs += 15_000;
  const samples = {
    labels,
    sampleOffsets: Uint32Array.from({ length: SERIES + 1 }, (_, i) => i),
    timestampsMs: Float64Array.from({ length: SERIES }, (_, i) => timeMs + (i % 5)),
    values: Float64Array.from(
      { length: SERIES },
      (_, i) => Math.round((i + Math.random()) * 100) / 100,
    ),
  };
  return packSnappy(encodeWriteRequest(samples, [], { from: 0, to: SERIES }));
}

/** CPU nanoseconds a sample of the best batch. */
function cost(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = process.cpuUsage();
    for (let i = 0; i < ROUNDS; i++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / ROUNDS / SERIES);
  }
  return best;
}

const packed = body();
const from = transit.take(packed.length + 64);
memory.bytes.set(packed, from);
const { plainBytes, at } = readPlainBytes(packed);
const plainAt = transit.take(plainBytes + 64);
const plainEnd = plainAt + plainBytes;
const keyAt = transit.take(64);
memory.bytes.set(crypto.getRandomValues(new Uint8Array(64)), keyAt);

const snappy = loadKernel<{ unpack(a: number, b: number, c: number, d: number): number }>(
  'snappy',
  memory.memory,
);
const walker = loadKernel<{ walk(a: number, b: number, frame: number): number }>(
  'remote-write',
  memory.memory,
);
const checksum = loadKernel<{
  prepareChecksum(tables: number): void;
  checksum(tables: number, from: number, to: number, crc: number): number;
}>('checksum', memory.memory);
const tablesAt = transit.take(8192);
checksum.prepareChecksum(tablesAt);

const unpacker = new SnappyUnpacker();
const walk = new RemoteWriteWalk();
const rows: [stage: string, kernel: number, twin: number | undefined][] = [];

const unpack = () => void snappy.unpack(from + at, from + packed.length, plainAt, plainEnd);
rows.push(['unpack snappy', cost(unpack), cost(() => void unpacker.unpack(packed))]);

const walkPlain = () => void walker.walk(plainAt, plainEnd, columns.frameAt);
walkPlain();
const plain = unpacker.unpack(packed).slice();
rows.push(['walk protobuf', cost(walkPlain), cost(() => walk.walk(plain))]);

const find = () => {
  columns.counts.fill(0);
  return cache.findAll(keyAt, 0, columns.frameAt);
};
find();
for (let i = 0; i < SERIES; i++) {
  const ref = head.resolve(DEFAULT_TENANT, labels[i] as string[]);
  cache.set(columns.hashes, 4 * i, { owner: 0, ref });
}
if (find() !== 0) throw new Error('a series was not found');
const rawKey = newRawHashKey();
const words = new Int32Array(4 * SERIES);
const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
const findByTwin = () => {
  for (let i = 0; i < SERIES; i++) {
    const range = { view, from: walk.labelsFrom[i] as number, to: walk.labelsTo[i] as number };
    rawHash(rawKey, { ...range, domain: 0 }, words, 4 * i);
  }
};
rows.push(['hash labels, look up (twin: hash alone)', cost(() => void find()), cost(findByTwin)]);

const deal = () => {
  for (const { part } of dealer.deal(columns)) transit.give(part.address);
};
rows.push(['deal out into parts', cost(deal), undefined]);

const [dealt] = dealer.deal(columns);
if (dealt === undefined) throw new Error('nothing was dealt out');
const { part } = dealt;
const origin = { generation: 1, shard: 0 };
const records = new SampleRecords(memory);
const recordByTwin = () => {
  writer.addSamples(origin, part);
  writer.take();
};
const record = () => void records.write(origin, part);
rows.push(['write the record, with its checksum', cost(record), cost(recordByTwin)]);

let stepMs = 0;
const store = () => {
  stepMs += 15_000;
  const { timestampsMs, valueBits } = part;
  for (let k = 0; k < SERIES; k++) {
    timestampsMs[k] = timeMs + stepMs + (k % 5);
    valueBits[2 * k] = 0;
    valueBits[2 * k + 1] = 0x40590000 + (stepMs % 7) * 16;
  }
  admit(head, part, { bounds: ANY_TIME, onRejected: () => undefined });
  head.insert(part, () => undefined);
};
rows.push(['admit, insert', cost(store), undefined]);

const decode = () => {
  for (let i = 0; i < SERIES; i++) head.decode(head.active, part.refs[i] as number, ANY_RANGE);
};
decode();
const samplesEach = head.active.samples / SERIES;
rows.push(['decode', cost(decode) / samplesEach, undefined]);

for (const [stage, kernel, twin] of rows) {
  const beside = twin === undefined ? '' : twin.toFixed(1).padStart(8);
  process.stdout.write(`${stage.padEnd(42)}${kernel.toFixed(1).padStart(8)}${beside}\n`);
}
