/**
 * Starts the threads of a database and joins them by ports, in the order in which each needs what
 * the one before found: maintenance (which directories live), log (where it was torn), shards,
 * which replay the log.
 */
import { join } from 'node:path';
import { MessageChannel, type Worker } from 'node:worker_threads';
import type { DatabaseOptions, ReplayProgress, StorageBounds } from './database-options.ts';
import { HeldOpenings } from './kv/held-openings.ts';
import type {
  MaintenanceCalls,
  MaintenanceOpening,
  MaintenanceStart,
} from './maintenance/maintenance-messages.ts';
import { newShardMemory } from './memory/shard-layout.ts';
import { MonError } from './model/error.ts';
import { Inboxes } from './shard/inboxes.ts';
import type { HoldCalls, ReplayReport } from './shard/shard-messages.ts';
import { SHARD_WORKER_URL, ShardThreads } from './shard/shard-threads.ts';
import { CallPort } from './threads/call-port.ts';
import { holdHandlers } from './threads/main-holder.ts';
import { startWorker } from './threads/start-worker.ts';
import {
  type LogThreadCalls,
  type LogThreadReports,
  type LogThreadStart,
  WAL_COUNTERS_LENGTH,
  type WalFailure,
} from './wal/wal-messages.ts';

const LOG_WORKER_URL = new URL('./wal/log-worker.js', import.meta.url);
const MAINTENANCE_WORKER_URL = new URL('./maintenance/maintenance-worker.js', import.meta.url);

/** The threads of an open database, replay done. */
export interface Threads {
  readonly shards: ShardThreads;
  readonly inboxes: Inboxes;
  readonly log: CallPort<LogThreadCalls, LogThreadReports>;
  readonly walCounters: Float64Array;
  readonly maintenance: CallPort<MaintenanceCalls, HoldCalls>;
  readonly opening: MaintenanceOpening;
  readonly generation: number;
  /** What replay met in the log. */
  readonly damages: { readonly places: number; readonly samplesLost: number };
  close(error: MonError): Promise<void>;
}

export async function openThreads(
  options: DatabaseOptions,
  bounds: StorageBounds,
  onWalFailure: (failure: WalFailure) => void,
): Promise<Threads> {
  const { dataDir, shards: count } = options;
  const channels = Array.from({ length: count }, () => ({
    log: new MessageChannel(),
    maintenance: new MessageChannel(),
  }));
  const memories = channels.map(() => newShardMemory());
  const held = new HeldOpenings();
  const maintenance = startMaintenance(held, {
    dataDir,
    shards: channels.map((channel) => channel.maintenance.port1),
    ballastBytesMax: bounds.ballastBytesMax,
  });
  const logPorts = channels.map((channel) => channel.log.port1);
  const log = startLog(options, bounds, { shards: logPorts, memories, onFailure: onWalFailure });
  const workers = [maintenance.worker, log.worker];
  let shards: ShardThreads | undefined;
  const close = async (error: MonError) => {
    await shards?.close(error);
    await Promise.all([log.port.call('close', null), maintenance.port.call('close', null)]);
    log.port.close(error);
    maintenance.port.close(error);
    await Promise.all(workers.map((worker) => worker.terminate()));
    await held.closed();
  };
  try {
    const opening = await maintenance.port.call('open', null);
    const { hashKey, live } = opening;
    reportOpening(options, opening);
    const segments = await openLog(options, log.port);
    shards = new ShardThreads({
      ...{ workerUrl: options.shardWorker ?? SHARD_WORKER_URL, count, dataDir },
      ...{ hashKey, memories, live, held },
      logPorts: channels.map((channel) => channel.log.port2),
      maintenancePorts: channels.map((channel) => channel.maintenance.port2),
    });
    const ask = { segments, cutThrough: opening.cutThrough };
    const replaying = shards.callAll('replay', ask);
    options.onReplay?.(replayProgress(shards, segments));
    const reports = await replaying;
    const [report] = reports as [ReplayReport, ...ReplayReport[]];
    reportReplay(options, reports, segments.length);
    await log.port.call('noteReplayed', report.generations);
    await log.port.call('removeThrough', opening.cutThrough);
    const generation = Math.max(opening.cutThrough, report.highestGeneration) + 1;
    await shards.callAll('begin', generation);
    const { counters } = log;
    const damages = { places: report.damages.length, samplesLost: report.samplesLost };
    return {
      ...{
        shards,
        inboxes: new Inboxes(memories),
        log: log.port,
        walCounters: counters,
        maintenance: maintenance.port,
      },
      ...{ opening, generation, damages, close },
    };
  } catch (error) {
    await close(closing());
    throw error;
  }
}

/** The error of what is asked of a database that is being closed. */
export function closing(): MonError {
  return new MonError({
    code: 'closing',
    what: 'Cannot finish the request',
    why: 'the database is being closed',
    mend: 'Try again when it is back.',
    retryable: true,
  });
}

function startMaintenance(
  held: HeldOpenings,
  workerData: MaintenanceStart,
): {
  readonly worker: Worker;
  readonly port: CallPort<MaintenanceCalls, HoldCalls>;
} {
  const start = { name: 'maintenance', workerData };
  const worker = startWorker(MAINTENANCE_WORKER_URL, start, [...workerData.shards]);
  return { worker, port: new CallPort<MaintenanceCalls, HoldCalls>(worker, holdHandlers(held)) };
}

function startLog(
  { dataDir, fsync }: DatabaseOptions,
  { segmentBytesMax }: StorageBounds,
  {
    shards,
    memories,
    onFailure,
  }: Pick<LogThreadStart, 'shards' | 'memories'> & {
    readonly onFailure: (failure: WalFailure) => void;
  },
) {
  const counters = new SharedArrayBuffer(WAL_COUNTERS_LENGTH * 8);
  const dir = join(dataDir, 'wal');
  const place = { dir, segmentBytesMax, fsync };
  const workerData: LogThreadStart = { ...place, shards, memories, counters };
  const worker = startWorker(LOG_WORKER_URL, { name: 'log', workerData }, [...shards]);
  const port = new CallPort<LogThreadCalls, LogThreadReports>(worker, {
    failed: (failure) => {
      onFailure(failure);
      return null;
    },
  });
  return { worker, port, counters: new Float64Array(counters) };
}

/** Opens the log; answers the segments to replay. */
async function openLog(
  { log }: DatabaseOptions,
  port: CallPort<LogThreadCalls, LogThreadReports>,
): Promise<readonly number[]> {
  const { tornTail, segments } = await port.call('open', null);
  if (tornTail !== null) {
    const message = 'the write-ahead log ended in a write cut short, which was never acknowledged';
    log.warn({ ...tornTail }, message);
  }
  return segments;
}

function replayProgress(shards: ShardThreads, segments: readonly number[]): () => ReplayProgress {
  return () => ({
    first: segments[0] ?? 0,
    last: segments.at(-1) ?? 0,
    done: Math.floor(shards.sum('segmentsReplayed') / shards.ports.length),
    segments: segments.length,
  });
}

function reportOpening({ log }: DatabaseOptions, { manifest, live }: MaintenanceOpening): void {
  const { tornBytes, removed } = manifest;
  if (tornBytes > 0) log.warn({ bytes: tornBytes }, 'cut a torn record off MANIFEST.log');
  if (removed.length > 0) log.info({ removed }, 'removed directories that a crash left unlisted');
  for (const block of live.damaged) {
    const message = 'a directory is damaged and not served: see mon storage repair';
    log.error({ ...block }, message);
  }
}

function reportReplay(
  { log }: DatabaseOptions,
  reports: readonly ReplayReport[],
  segments: number,
): void {
  const [first] = reports as [ReplayReport, ...ReplayReport[]];
  for (const damage of first.damages) {
    log.error({ ...damage }, 'the write-ahead log is damaged here; what follows was read');
  }
  if (first.samplesLost > 0) {
    const message = 'samples were lost: damage took the definition of their series';
    log.error({ samples: first.samplesLost }, message);
  }
  const samples = reports.reduce((sum, report) => sum + report.samples, 0);
  const series = reports.reduce((sum, report) => sum + report.series, 0);
  if (segments > 0) log.info({ segments, samples, series }, 'replayed the write-ahead log');
}
