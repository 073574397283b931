/**
 * Main's side of the shards: their threads, ports and counters.
 */
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import type { HashKey } from '../index/series-hash.ts';
import type { HeldOpenings } from '../kv/held-openings.ts';
import type { LiveBlocks } from '../maintenance/maintenance-messages.ts';
import type { WasmMemory } from '../memory/web-assembly.ts';
import type { MonError } from '../model/error.ts';
import { CallPort } from '../threads/call-port.ts';
import { holdHandlers } from '../threads/main-holder.ts';
import { startWorker } from '../threads/start-worker.ts';
import {
  type HoldCalls,
  SHARD_COUNTERS,
  SHARD_COUNTERS_LENGTH,
  type ShardCalls,
  type ShardStart,
} from './shard-messages.ts';

export type ShardPort = CallPort<ShardCalls, HoldCalls>;

export interface ShardThreadsSetup {
  /** The worker file; see `run-shard.ts`. */
  readonly workerUrl: URL;
  readonly count: number;
  readonly dataDir: string;
  readonly hashKey: HashKey;
  readonly memories: readonly WasmMemory[];
  readonly live: LiveBlocks;
  readonly held: HeldOpenings;
  /** Ports to the log thread and to maintenance, by shard. */
  readonly logPorts: readonly MessagePort[];
  readonly maintenancePorts: readonly MessagePort[];
}

export const SHARD_WORKER_URL = new URL('./shard-worker.js', import.meta.url);

interface ShardThread {
  readonly worker: Worker;
  readonly port: ShardPort;
  readonly counters: Float64Array;
}

export class ShardThreads {
  readonly #threads: readonly ShardThread[];

  constructor(setup: ShardThreadsSetup) {
    const peers = peerPorts(setup.count);
    this.#threads = Array.from({ length: setup.count }, (_, index) =>
      startShard(setup, index, peers[index] ?? []),
    );
  }

  get ports(): readonly ShardPort[] {
    return this.#threads.map(({ port }) => port);
  }

  /** Adds a counter up over all shards. */
  /** Tells all shards how short memory is (`PRESSURE`). */
  setPressure(pressure: number): void {
    for (const { counters } of this.#threads) counters[SHARD_COUNTERS.pressure] = pressure;
  }

  sum(counter: Exclude<keyof typeof SHARD_COUNTERS, 'minTimeMs' | 'maxTimeMs'>): number {
    return this.#threads.reduce((sum, { counters }) => {
      return sum + (counters[SHARD_COUNTERS[counter]] as number);
    }, 0);
  }

  /** Earliest and latest sample in the heads; undefined where they are empty. */
  get timeRange(): { readonly minTimeMs: number; readonly maxTimeMs: number } | undefined {
    const all = this.#threads.map(({ counters }) => counters);
    const minTimeMs = Math.min(...all.map((counters) => counters[SHARD_COUNTERS.minTimeMs] ?? 0));
    const maxTimeMs = Math.max(...all.map((counters) => counters[SHARD_COUNTERS.maxTimeMs] ?? 0));
    return minTimeMs <= maxTimeMs ? { minTimeMs, maxTimeMs } : undefined;
  }

  /** Makes one call to every shard. */
  callAll<Name extends keyof ShardCalls & string>(
    name: Name,
    ask: Parameters<ShardCalls[Name]>[0],
  ): Promise<Awaited<ReturnType<ShardCalls[Name]>>[]> {
    const calls = this.ports.map((port) => port.call(name, ask as never));
    return Promise.all(calls) as Promise<Awaited<ReturnType<ShardCalls[Name]>>[]>;
  }

  /** Ends the threads; what waits for an answer gets an error. */
  async close(error: MonError): Promise<void> {
    await this.callAll('stop', null);
    for (const { port } of this.#threads) port.close(error);
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function startShard(
  setup: ShardThreadsSetup,
  index: number,
  peers: readonly (MessagePort | undefined)[],
): ShardThread {
  const { count, dataDir, hashKey, memories, live, workerUrl } = setup;
  const log = setup.logPorts[index] as MessagePort;
  const maintenance = setup.maintenancePorts[index] as MessagePort;
  const counters = new SharedArrayBuffer(SHARD_COUNTERS_LENGTH * 8);
  const view = new Float64Array(counters);
  view[SHARD_COUNTERS.minTimeMs] = Number.POSITIVE_INFINITY;
  view[SHARD_COUNTERS.maxTimeMs] = Number.NEGATIVE_INFINITY;
  const workerData: ShardStart = {
    ...{ dataDir, index, count, hashKey, memories, live },
    ...{ peers, log, maintenance, counters },
  };
  const ports = [...peers.filter((port) => port !== undefined), log, maintenance];
  const worker = startWorker(workerUrl, { name: `shard ${index}`, workerData }, ports);
  const port: ShardPort = new CallPort(worker, holdHandlers(setup.held));
  return { worker, port, counters: view };
}

/** [i][k] the port of shard i to shard k. */
function peerPorts(count: number): (MessagePort | undefined)[][] {
  const ports = Array.from({ length: count }, () => new Array<MessagePort | undefined>(count));
  for (let i = 0; i < count; i++) {
    for (let k = i + 1; k < count; k++) {
      const { port1, port2 } = new MessageChannel();
      (ports[i] as (MessagePort | undefined)[])[k] = port1;
      (ports[k] as (MessagePort | undefined)[])[i] = port2;
    }
  }
  return ports;
}
