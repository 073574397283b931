/**
 * What a sample costs in the head: bytes, and CPU in ns to insert and to read it.
 *
 *     node test/bench/head-samples.ts [hosts] [scrapes]
 */
import { admit } from '@mon/storage/head/admission';
import { Head } from '@mon/storage/head/head';
import { SampleBuffer } from '@mon/storage/head/sample-buffer';
import { SamplePart } from '@mon/storage/head/sample-part';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { HASH_KEY, hostSeries } from './host-series.ts';

const START_MS = Date.UTC(2026, 0, 5);
const ANY_TIME = { minTimeMs: Number.NEGATIVE_INFINITY, maxTimeMs: Number.POSITIVE_INFINITY };
const ALL = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };
const ROUNDS = 5;

const hosts = Number(process.argv[2] ?? 500);
const scrapes = Number(process.argv[3] ?? 120);
const memory = new ShardMemory();
const head = new Head(HASH_KEY, 1, memory);
const series = hostSeries(hosts, scrapes, START_MS);
const refs = series.map(({ tenant, labels }) => head.resolve(tenant, labels));
const part = SamplePart.inPages(memory, refs.length, refs.length);
const samples = refs.length * scrapes;
const spent: Record<string, number> = {};

function measured(what: string, run: () => void): void {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  spent[what] = (spent[what] ?? 0) + 1000 * (user + system);
}

for (let scrape = 0; scrape < scrapes; scrape++) {
  series.forEach(({ timestampsMs, values }, i) => {
    part.refs[i] = refs[i] as number;
    part.sampleOffsets[i] = i;
    part.timestampsMs[i] = timestampsMs[scrape] as number;
    part.values[i] = values[scrape] as number;
  });
  part.sampleOffsets[refs.length] = refs.length;
  measured('admit', () => admit(head, part, { bounds: ANY_TIME, onRejected: () => undefined }));
  measured('insert', () => head.insert(part, () => undefined));
}
const out = new SampleBuffer(scrapes);
for (let round = 0; round < ROUNDS; round++) {
  measured('decode', () => {
    for (const ref of refs) head.decode(head.active, ref, ALL);
  });
  measured('decode and copy', () => {
    for (const ref of refs) head.read(head.active, ref, { out, at: 0 });
  });
}
const nsEach = (what: string, rounds: number) =>
  Number(((spent[what] as number) / rounds / samples).toFixed(1));
console.table({
  'bytes a sample': Number((head.active.bytes / samples).toFixed(2)),
  'admit, ns': nsEach('admit', 1),
  'insert, ns': nsEach('insert', 1),
  'decode, ns': nsEach('decode', ROUNDS),
  'decode and copy, ns': nsEach('decode and copy', ROUNDS),
});
