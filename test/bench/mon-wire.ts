/**
 * The mon wire: bytes a sample, and samples per CPU-second decoded and stored, beside remote write.
 *
 *     node test/bench/mon-wire.ts [hosts] [scrapes] [hosts in a frame]
 *
 * A small fleet's scrapes (`host-series.ts`), known series: what a dictionary costs is not in the
 * steady figures. "stored" is a real database with fsync always: all threads, until it answered.
 * The machine may be busy: compare figures of one run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { openDatabase } from '@mon/storage/database';
import type { AppendRequest, SampleColumns } from '@mon/storage/model/appender';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { bitsOf } from '@mon/storage/model/sample';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { readFrameHead, unpackFrame } from '@mon/storage/protocol/mon-wire-frame';
import { WireReader, WireSamples } from '@mon/storage/protocol/mon-wire-reader';
import { WireWriter } from '@mon/storage/protocol/mon-wire-writer';
import { RemoteWriteWalk } from '@mon/storage/protocol/remote-write';
import { RemoteWrite2Walk } from '@mon/storage/protocol/remote-write-2';
import { encodeRemoteWrite2 } from '@mon/storage/protocol/remote-write-2-encode';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import { SnappyUnpacker } from '@mon/storage/protocol/snappy-unpacker';
import { hostSeries } from './host-series.ts';

const hosts = Number(process.argv[2] ?? 200);
const scrapes = Number(process.argv[3] ?? 120);
const hostsInFrame = Number(process.argv[4] ?? 50);
/** Scrapes at the beginning that are not measured: dictionaries, caches, compilation. */
const WARM = Math.floor(scrapes / 4);
/** Requests under way at once. */
const CONCURRENCY = 4;
const startMs = Date.UTC(2026, 0, 5);

/** Series of the hosts that share a frame, as a sender has them. */
const groups: BlockSeries[][] = [];
for (let host = 0; host < hosts; host += hostsInFrame) {
  const group = hostSeries(Math.min(hostsInFrame, hosts - host), scrapes, startMs);
  // A scrape brings one host's series together.
  groups.push(group.sort((a, b) => firstMs(a) - firstMs(b)));
  for (const series of groups.at(-1) ?? []) {
    Object.assign(series, { labels: [...series.labels, 'zone', `zone-${host}`] });
  }
}
function firstMs({ timestampsMs }: BlockSeries): number {
  return timestampsMs[0] as number;
}

const perScrape = groups.reduce((sum, group) => sum + group.length, 0);

function columnsOf(group: readonly BlockSeries[], scrape: number): SampleColumns {
  return {
    labels: group.map(({ labels }) => labels),
    sampleOffsets: Uint32Array.from({ length: group.length + 1 }, (_, i) => i),
    timestampsMs: Float64Array.from(group, ({ timestampsMs }) => timestampsMs[scrape] as number),
    values: Float64Array.from(group, ({ values }) => values[scrape] as number),
  };
}

/** All bodies of one protocol, scrape by scrape. */
function frames(): Uint8Array<ArrayBuffer>[] {
  const writers = groups.map((_, i) => new WireWriter(i.toString(16).padStart(32, '0')));
  const numbers = groups.map((group, i) =>
    group.map(({ labels }) => (writers[i] as WireWriter).addSeries(labels)),
  );
  const made: Uint8Array<ArrayBuffer>[] = [];
  for (let scrape = 0; scrape < scrapes; scrape++) {
    for (const [g, group] of groups.entries()) {
      const writer = writers[g] as WireWriter;
      const { timestampsMs, values } = columnsOf(group, scrape);
      const bits = bitsOf(values);
      for (let i = 0; i < group.length; i++) {
        const series = (numbers[g] as number[])[i] as number;
        const [low = 0, high = 0] = [bits[2 * i], bits[2 * i + 1]];
        writer.addSample(timestampsMs[i] as number, { series, low, high });
      }
      made.push(writer.take());
    }
  }
  return made;
}

function bodies(encode: (columns: SampleColumns) => Uint8Array<ArrayBuffer>) {
  const made: Uint8Array<ArrayBuffer>[] = [];
  for (let scrape = 0; scrape < scrapes; scrape++) {
    for (const group of groups) made.push(encode(columnsOf(group, scrape)));
  }
  return made;
}

function cpuSeconds(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

type Decode = (body: Uint8Array, group: number) => void;

function decoders(): Record<string, Decode> {
  const readers = groups.map(() => new WireReader());
  const samples = new WireSamples();
  const unpacker = new SnappyUnpacker();
  const [first, second] = [new RemoteWriteWalk(), new RemoteWrite2Walk()];
  return {
    'mon wire': (body, group) => {
      readFrameHead(body);
      (readers[group] as WireReader).read(unpackFrame(body), samples);
    },
    'remote write 2.0': (body) => second.walk(unpacker.unpack(body)),
    'remote write 1.0': (body) => first.walk(unpacker.unpack(body)),
  };
}

function measureDecode(made: readonly Uint8Array[], decode: Decode): number {
  const cold = WARM * groups.length;
  for (let i = 0; i < cold; i++) decode(made[i] as Uint8Array, i % groups.length);
  const before = process.cpuUsage();
  for (let i = cold; i < made.length; i++) decode(made[i] as Uint8Array, i % groups.length);
  return ((scrapes - WARM) * perScrape) / cpuSeconds(before);
}

async function measureStored(
  made: readonly Uint8Array<ArrayBuffer>[],
  request: (body: Uint8Array<ArrayBuffer>) => AppendRequest,
): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'mon-bench-wire-'));
  const log = { info() {}, warn() {}, error() {} };
  const clock = new ManualClock(startMs + scrapes * 15_000);
  const database = await openDatabase({
    ...{ dataDir: dir, shards: 1, retentionMs: undefined, aheadMaxMs: 600_000 },
    ...({ fsync: 'always', clock, log } as const),
  });
  // A group's frames in order, groups side by side.
  const run = async (from: number, to: number) => {
    for (let i = from; i < to; i += CONCURRENCY) {
      const batch = made.slice(i, Math.min(i + CONCURRENCY, to));
      await Promise.all(batch.map((body) => database.append(request(body.slice()))));
    }
  };
  const cold = WARM * groups.length;
  await run(0, cold);
  const before = process.cpuUsage();
  await run(cold, made.length);
  const figure = ((scrapes - WARM) * perScrape) / cpuSeconds(before);
  const { samplesAppended } = database.stats();
  if (samplesAppended !== scrapes * perScrape) throw new Error(`${samplesAppended} samples stored`);
  await database.close();
  rmSync(dir, { recursive: true, force: true });
  return figure;
}

const made: Record<string, Uint8Array<ArrayBuffer>[]> = {
  'mon wire': frames(),
  'remote write 2.0': bodies((columns) => encodeRemoteWrite2(columns)),
  'remote write 1.0': bodies((columns) => encodeRemoteWrite(columns)),
};
const requests: Record<string, (body: Uint8Array<ArrayBuffer>) => AppendRequest> = {
  'mon wire': (frame) => ({ kind: 'frame', tenant: DEFAULT_TENANT, frame }),
  'remote write 2.0': (body) => {
    return { kind: 'body', tenant: DEFAULT_TENANT, format: 'remote-write-2', body };
  },
  'remote write 1.0': (body) => {
    return { kind: 'body', tenant: DEFAULT_TENANT, format: 'remote-write-1', body };
  },
};

console.log(`${perScrape} series, ${perScrape / groups.length} samples a body, ${scrapes} scrapes`);
const decode = decoders();
const table: Record<string, Record<string, string>> = {};
for (const [protocol, sent] of Object.entries(made)) {
  const steady = sent.slice(WARM * groups.length).reduce((sum, body) => sum + body.length, 0);
  const decoded = measureDecode(sent, decode[protocol] as Decode);
  const stored = await measureStored(sent, requests[protocol] as (typeof requests)[string]);
  table[protocol] = {
    'bytes a sample': (steady / ((scrapes - WARM) * perScrape)).toFixed(2),
    'decoded, M a CPU-second': (decoded / 1e6).toFixed(1),
    'stored, M a CPU-second': (stored / 1e6).toFixed(2),
    'stored, ns a sample': (1e9 / stored).toFixed(0),
  };
}
console.table(table);
