/**
 * A database whose threads all live on this one: the shards, the log's writer and the manifest are
 * the real ones, over simulated files; messages between them arrive in an order that a seed
 * chooses. What `open-threads.ts`, `log-worker.ts` and `maintenance-worker.ts` do is done here in
 * the same order.
 */
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { planNextMerge } from '@mon/storage/compact/plan-merges';
import { planRetention } from '@mon/storage/compact/plan-retention';
import { isDiskFull, makeDirectory } from '@mon/storage/files/file-actions';
import { cutSeries, cutSize, type ShardCutPort } from '@mon/storage/maintenance/cut-series';
import { Manifest } from '@mon/storage/manifest/manifest';
import type { ManifestChange } from '@mon/storage/manifest/manifest-entry';
import { newShardMemory } from '@mon/storage/memory/shard-layout';
import type { WasmMemory } from '@mon/storage/memory/web-assembly';
import type { AppendColumns, AppendOutcome } from '@mon/storage/model/appender';
import { reasonOf } from '@mon/storage/model/error';
import { formatLabels } from '@mon/storage/model/labels';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { DatabaseQueryable } from '@mon/storage/querier/database-queryable';
import { Shard } from '@mon/storage/shard/shard';
import {
  type CutCalls,
  type NoCalls,
  type ReplayReport,
  SHARD_COUNTERS_LENGTH,
} from '@mon/storage/shard/shard-messages';
import type { ShardPort, ShardThreads } from '@mon/storage/shard/shard-threads';
import { CallPort } from '@mon/storage/threads/call-port';
import type { WalFailure, WalReply, WalRequest } from '@mon/storage/wal/wal-messages';
import { type WalBatch, WalWriter } from '@mon/storage/wal/wal-writer';
import type { Random } from '../random.ts';
import type { MessageNet } from './message-net.ts';
import {
  type Found,
  mergedRows,
  readPlainBlocks,
  readRows,
  rowsOf,
  writePlainBlock,
} from './plain-blocks.ts';
import type { SimulatedFiles } from './simulated-files.ts';

const ALL_TIME = { startMs: -(2 ** 49), endMs: 2 ** 49 };

export interface WorldParts {
  readonly dataDir: string;
  readonly files: SimulatedFiles;
  readonly net: MessageNet;
  readonly random: Random;
  readonly shards: number;
  readonly segmentBytesMax: number;
}

export class ThreadWorld {
  readonly manifest: Manifest;
  readonly wal: WalWriter;
  readonly ports: readonly ShardPort[];
  readonly reports: readonly ReplayReport[];
  readonly #parts: WorldParts;
  readonly #cutPorts: readonly ShardCutPort[];
  readonly #queryable: DatabaseQueryable;
  readonly #stalls = new Set<() => void>();
  #version = 0;
  #generation: number;
  #cutThrough: number;
  #frozenThrough: number;
  #dealt = 0;

  private constructor(
    parts: WorldParts,
    opened: Pick<ThreadWorld, 'manifest' | 'wal' | 'ports' | 'reports'> & {
      readonly cutPorts: readonly ShardCutPort[];
      readonly generation: number;
      readonly stalls: Set<() => void>;
    },
  ) {
    this.#parts = parts;
    this.manifest = opened.manifest;
    this.wal = opened.wal;
    this.ports = opened.ports;
    this.reports = opened.reports;
    this.#cutPorts = opened.cutPorts;
    this.#generation = opened.generation;
    this.#stalls = opened.stalls;
    this.#cutThrough = opened.manifest.cutGenerations.highest;
    this.#frozenThrough = this.#cutThrough;
    this.#queryable = new DatabaseQueryable({
      ports: opened.ports,
    } as unknown as ShardThreads);
  }

  /** @throws as the manifest's and the log's opening do */
  static async open(parts: WorldParts): Promise<ThreadWorld> {
    const { dataDir, files, net } = parts;
    makeDirectory(files, dataDir);
    const key = () => Buffer.from(Array.from({ length: 16 }, (_, i) => i));
    const manifest = Manifest.open(dataDir, key, files);
    const { segmentBytesMax } = parts;
    const dir = join(dataDir, 'wal');
    const wal = new WalWriter({ dir, segmentBytesMax, syncsEach: true, files });
    const stalls = new Set<() => void>();
    const { ports, logs, cutPorts } = startShards(parts, manifest, stalls);
    new LogThread(wal, logs, net);
    const segments = wal.segments;
    const cutThrough = manifest.cutGenerations.highest;
    const reports = await net.until(
      Promise.all(ports.map((port) => port.call('replay', { segments, cutThrough }))),
    );
    const [report] = reports as [ReplayReport, ...ReplayReport[]];
    for (const [segment, generation] of report.generations) wal.noteReplayed(segment, generation);
    wal.removeThrough(cutThrough);
    const generation = Math.max(cutThrough, report.highestGeneration) + 1;
    await net.until(Promise.all(ports.map((port) => port.call('begin', generation))));
    return new ThreadWorld(parts, {
      ...{ manifest, wal, ports, cutPorts, reports, generation, stalls },
    });
  }

  get isCutDue(): boolean {
    return this.#frozenThrough > this.#cutThrough;
  }

  /** Not waited for here: the answer comes while the net runs. */
  append(request: AppendColumns, minTimeMs: number): Promise<AppendOutcome> {
    const { columns, tenant } = request;
    const bounds = { minTimeMs, maxTimeMs: 2 ** 49 };
    const port = this.ports[this.#dealt++ % this.ports.length] as ShardPort;
    return port.call('appendColumns', { tenant, columns, bounds });
  }

  /** As `BlockJobs.cut`. */
  async cut(): Promise<void> {
    if (!this.isCutDue) {
      const next = this.#generation + 1;
      await Promise.all(this.ports.map((port) => port.call('freeze', next)));
      this.#frozenThrough = this.#generation;
      this.#generation = next;
    }
    const through = this.#frozenThrough;
    const from = this.#cutThrough + 1;
    await cutSize(this.#cutPorts, through);
    const rows = await rowsOf(cutSeries(this.#cutPorts));
    const entry = writePlainBlock(this.manifest, rows, { min: from, max: through });
    const generations = Array.from({ length: through - from + 1 }, (_, i) => from + i);
    this.#commit({ add: entry === undefined ? [] : [entry], remove: [], generations });
    this.#cutThrough = through;
    this.#swap();
    this.wal.removeThrough(through);
  }

  /** Makes one merge if one is due. */
  merge(until: 'usual' | 'days'): void {
    const { manifest } = this;
    const plan = planNextMerge(manifest.live, until);
    if (plan === undefined) return;
    const sources = plan.sources.map((id) => manifest.live.find((entry) => entry.id === id));
    const found = sources.flatMap((entry) => (entry === undefined ? [] : [entry]));
    const rows = mergedRows(found.map(({ id }) => readRows(manifest.files, manifest.blockDir(id))));
    const windows = new Map<number, typeof rows>();
    for (const [series, samples] of Object.entries(rows)) {
      for (const [timestampMs, bits] of Object.entries(samples)) {
        const window = Math.floor(Number(timestampMs) / plan.windowMs);
        const inWindow = windows.get(window) ?? {};
        inWindow[series] = { ...inWindow[series], [timestampMs]: bits };
        windows.set(window, inWindow);
      }
    }
    const generations = {
      min: Math.min(...found.map((entry) => entry.generations.min)),
      max: Math.max(...found.map((entry) => entry.generations.max)),
    };
    const added = [...windows.values()].flatMap((part) => {
      const entry = writePlainBlock(manifest, part, generations);
      return entry === undefined ? [] : [entry];
    });
    this.#commit({ add: added, remove: plan.sources, generations: [] });
    for (const id of plan.sources) manifest.files.remove(manifest.blockDir(id));
  }

  /** Samples that expire with the blocks that `expire` would remove. */
  expiring(keptFromMs: number): [series: string, timestampMs: number][] {
    const ids = planRetention(this.manifest.live, { nowMs: keptFromMs, retentionMs: 0 });
    return ids.flatMap((id) =>
      Object.entries(readRows(this.manifest.files, this.manifest.blockDir(id))).flatMap(
        ([series, samples]) =>
          Object.keys(samples).map((ms): [string, number] => [series, Number(ms)]),
      ),
    );
  }

  expire(keptFromMs: number): void {
    const remove = planRetention(this.manifest.live, { nowMs: keptFromMs, retentionMs: 0 });
    if (remove.length === 0) return;
    this.#commit({ add: [], remove, generations: [] });
    for (const id of remove) this.manifest.files.remove(this.manifest.blockDir(id));
  }

  /** A reader that stalls: what it may still read is not given back before it goes on. */
  stallReader(stream: number): void {
    const port = this.ports[this.#parts.random.next(this.ports.length)] as ShardPort;
    port.call('open', { stream, name: 'stalled', ask: null }).catch(() => undefined);
  }

  resumeReaders(): void {
    for (const resume of this.#stalls) resume();
    this.#stalls.clear();
  }

  /** All that heads hold. */
  async heads(): Promise<Found> {
    const found: Found = new Map();
    const request = { tenant: DEFAULT_TENANT, matchers: [], ...ALL_TIME };
    for await (const batch of this.#queryable.select(request)) {
      batch.labels.forEach((labels, i) => {
        const key = formatLabels(labels);
        if (found.has(key)) throw new Error(`${key} came twice`);
        const times = batch.timestampColumns[batch.timestampColumn[i] as number] as Float64Array;
        const values = batch.values.subarray(batch.valueOffsets[i], batch.valueOffsets[i + 1]);
        found.set(
          key,
          Array.from(times, (timestampMs, k) => [timestampMs, values[k] as number]),
        );
      });
    }
    return found;
  }

  blocks() {
    return readPlainBlocks(this.manifest);
  }

  close(): void {
    this.wal.close();
    this.manifest.close();
  }

  #commit(change: ManifestChange): void {
    this.manifest.commit(change);
    this.#version++;
  }

  /** Readers may be slow: nobody waits for them. */
  #swap(): void {
    // Blocks of the campaign are read by the test, not by the shards.
    const live = { version: this.#version, entries: [], damaged: [] };
    const ask = { live, cutThrough: this.#cutThrough };
    for (const port of this.ports) void port.call('swap', ask);
  }
}

function startShards(parts: WorldParts, manifest: Manifest, stalls: Set<() => void>) {
  const { net, shards: count, dataDir } = parts;
  const peers: (MessagePort | undefined)[][] = Array.from({ length: count }, () => []);
  for (let i = 0; i < count; i++) {
    for (let k = i + 1; k < count; k++) {
      const { port1, port2 } = net.channel();
      (peers[i] as MessagePort[])[k] = port1;
      (peers[k] as MessagePort[])[i] = port2;
    }
  }
  const memories = peers.map(() => newShardMemory());
  const ports: ShardPort[] = [];
  const logs: { readonly port: MessagePort; readonly memory: SharedArrayBuffer }[] = [];
  const cutPorts: ShardCutPort[] = [];
  for (let index = 0; index < count; index++) {
    const [main, log, maintenance] = [net.channel(), net.channel(), net.channel()];
    const own = Array.from({ length: count }, (_, k) => peers[index]?.[k]);
    new Shard(
      {
        ...{ dataDir, index, count, hashKey: manifest.hashKey, peers: own },
        live: { version: 0, entries: [], damaged: [] },
        memories,
        ...{ log: log.port2, maintenance: maintenance.port2 },
        counters: new SharedArrayBuffer(SHARD_COUNTERS_LENGTH * 8),
      },
      main.port2,
      {
        stalled: async function* (_ask, { queryable }) {
          const request = { tenant: DEFAULT_TENANT, matchers: [], ...ALL_TIME };
          for await (const batch of queryable.select(request)) {
            await new Promise<void>((resolve) => stalls.add(resolve));
            yield { page: batch.labels.length, buffers: [] };
          }
        },
      },
    );
    ports.push(
      new CallPort(main.port1, { hold: () => null, release: () => null } as never) as ShardPort,
    );
    logs.push({ port: log.port1, memory: (memories[index] as WasmMemory).buffer });
    cutPorts.push(new CallPort<CutCalls, NoCalls>(maintenance.port1, {}));
  }
  return { ports, logs, cutPorts };
}

interface ShardQueue {
  readonly port: MessagePort;
  waiting: WalBatch[];
  refusal: WalFailure | undefined;
}

/** `wal/log-worker.ts`, on this thread. */
class LogThread {
  readonly #wal: WalWriter;
  readonly #net: MessageNet;
  readonly #shards: ShardQueue[];
  #isScheduled = false;

  constructor(
    wal: WalWriter,
    shards: readonly { readonly port: MessagePort; readonly memory: SharedArrayBuffer }[],
    net: MessageNet,
  ) {
    this.#wal = wal;
    this.#net = net;
    this.#shards = shards.map(({ port, memory }) => {
      const shard: ShardQueue = { port, waiting: [], refusal: undefined };
      port.on('message', (request: WalRequest) => this.#take(shard, memory, request));
      return shard;
    });
  }

  #take(shard: ShardQueue, memory: SharedArrayBuffer, request: WalRequest): void {
    if (request.kind === 'failure-seen') {
      shard.refusal = undefined;
      return;
    }
    const { records } = request;
    if (shard.refusal !== undefined) {
      reply(shard, records.length / 3, shard.refusal);
      return;
    }
    for (let i = 0; i < records.length; i += 3) {
      const bytes = new Uint8Array(memory, records[i + 1], records[i + 2]);
      shard.waiting.push({ generation: records[i] as number, bytes });
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#net.schedule(() => {
      this.#isScheduled = false;
      this.#commit();
    });
  }

  #commit(): void {
    const moved = this.#shards.map((shard) => shard.waiting);
    for (const shard of this.#shards) shard.waiting = [];
    let failure: WalFailure | undefined;
    try {
      const batches = moved.flat();
      if (batches.length > 0) this.#wal.commit(batches);
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      failure = { isDiskFull: isDiskFull(error), reason: reasonOf(error) };
    }
    this.#shards.forEach((shard, i) => {
      const count = moved[i]?.length ?? 0;
      if (count === 0) return;
      shard.refusal = failure;
      reply(shard, count, failure);
    });
  }
}

function reply({ port }: ShardQueue, count: number, failure: WalFailure | undefined): void {
  const answer: WalReply =
    failure === undefined ? { kind: 'committed', count } : { kind: 'failed', ...failure, count };
  port.postMessage(answer);
}
