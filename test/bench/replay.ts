/**
 * What replay of the log costs a shard: CPU in ns for each sample in the log, and memory. Writes a log
 * as two shards do, then replays the share of the first of them in a process of its own.
 *
 *     node test/bench/replay.ts [thousands of series] [scrapes]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Head } from '@mon/storage/head/head';
import { SamplePart } from '@mon/storage/head/sample-part';
import { SeriesDefinitions } from '@mon/storage/head/series-definitions';
import { WalRecordWriter } from '@mon/storage/head/wal-record';
import { shardHash, shardOf } from '@mon/storage/index/series-hash';
import { listSegments } from '@mon/storage/log/segment-file';
import { SEGMENT_BYTES_MAX, SegmentLog } from '@mon/storage/log/segment-log';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { replayWal } from '@mon/storage/shard/replay-wal';
import { HASH_KEY, hostSeries } from './host-series.ts';

const SHARDS = 2;
const START_MS = Date.UTC(2026, 0, 5);
/** Hosts with values of their own; more are like them under other labels. */
const HOSTS_DISTINCT = 200;
/** Series of one body, which comes from one sender. */
const BODY_SERIES = 2500;

function main(series: number, scrapes: number): void {
  const dir = mkdtempSync(join(tmpdir(), 'mon-bench-replay-'));
  try {
    writeLog(join(dir, 'wal'), series, scrapes);
    const child = [process.argv[1] as string, 'replay', dir];
    process.stdout.write(execFileSync(process.execPath, child, { encoding: 'utf8' }));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** One shard that writes. */
class Writer {
  readonly #head = new Head(HASH_KEY, 1, new ShardMemory());
  readonly #definitions = new SeriesDefinitions(this.#head.series);
  readonly #records = new WalRecordWriter();
  readonly #memory = new ShardMemory();
  readonly #part = SamplePart.inPages(this.#memory, BODY_SERIES, BODY_SERIES);
  readonly #shard: number;
  readonly refs: number[] = [];
  readonly values: { readonly timestampsMs: Float64Array; readonly values: Float64Array }[] = [];

  constructor(shard: number) {
    this.#shard = shard;
  }

  define(labels: readonly string[]): void {
    this.refs.push(this.#head.resolve(DEFAULT_TENANT, labels));
  }

  writeDefinitions(log: SegmentLog): void {
    const origin = { generation: 1, shard: this.#shard };
    for (let i = 0; i < this.refs.length; i += BODY_SERIES) {
      const refs = this.refs.slice(i, i + BODY_SERIES);
      this.#definitions.write(refs, (definitions) =>
        this.#records.addSeries(origin, DEFAULT_TENANT, definitions),
      );
      log.append([this.#records.take()]);
    }
  }

  writeScrape(log: SegmentLog, scrape: number): void {
    const part = this.#part;
    for (let i = 0; i < this.refs.length; i += BODY_SERIES) {
      const count = Math.min(BODY_SERIES, this.refs.length - i);
      for (let k = 0; k < count; k++) {
        const source = this.values[i + k];
        part.refs[k] = this.refs[i + k] as number;
        part.sampleOffsets[k] = k;
        part.timestampsMs[k] = source?.timestampsMs[scrape] as number;
        part.values[k] = source?.values[scrape] as number;
      }
      part.sampleOffsets[count] = count;
      part.seriesCount = count;
      part.sampleCount = count;
      this.#records.addSamples({ generation: 1, shard: this.#shard }, part);
      log.append([this.#records.take()]);
    }
  }
}

function writeLog(dir: string, count: number, scrapes: number): void {
  const log = new SegmentLog({ dir, segmentBytesMax: SEGMENT_BYTES_MAX });
  const writers = Array.from({ length: SHARDS }, (_, shard) => new Writer(shard));
  const distinct = hostSeries(HOSTS_DISTINCT, scrapes, START_MS);
  for (let i = 0; i < count; i++) {
    const { labels, timestampsMs, values } = distinct[i % distinct.length] as (typeof distinct)[0];
    const own = [...labels, 'zone', String(Math.floor(i / distinct.length))];
    const writer = writers[shardOf(shardHash(HASH_KEY, DEFAULT_TENANT, own), SHARDS)] as Writer;
    writer.define(own);
    writer.values.push({ timestampsMs, values });
  }
  for (const writer of writers) writer.writeDefinitions(log);
  for (let scrape = 0; scrape < scrapes; scrape++) {
    for (const writer of writers) writer.writeScrape(log, scrape);
  }
  log.close();
}

function replay(dataDir: string): void {
  const head = new Head(HASH_KEY, 1, new ShardMemory());
  const files = listSegments(join(dataDir, 'wal'));
  const segments = files.map(({ number }) => number);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const target = { head, index: 0, count: SHARDS, dataDir };
  const report = replayWal(target, { segments, cutThrough: 0 });
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = Math.round(performance.now() - startedAt);
  const samples = report.samples * SHARDS;
  console.log(
    JSON.stringify({
      seriesOfShard: report.series,
      samplesOfShard: report.samples,
      logBytes: bytes,
      elapsedMs,
      cpuNsASampleOfTheLog: Math.round((1000 * (user + system)) / samples),
      headBytesASample: Number((head.active.bytes / report.samples).toFixed(2)),
      rssBytesASampleOfShard: Number((process.memoryUsage.rss() / report.samples).toFixed(2)),
      damages: report.damages.length,
    }),
  );
}

if (process.argv[2] === 'replay') replay(process.argv[3] as string);
else main(Number(process.argv[2] ?? 100) * 1000, Number(process.argv[3] ?? 120));
