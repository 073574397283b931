/**
 * Running a storage job: through a server that is up, or on a data directory whose server is down.
 */
import type { ApiClient } from '@mon/server/api/client';
import type { ServerConfig } from '@mon/server/config/server-config';
import { openLog } from '@mon/server/log';
import type { JobReport } from '@mon/storage/database-options';
import { unreachable } from '@mon/storage/model/assert';
import type { Clock } from '@mon/storage/model/clock';
import { errorFrame, MonError } from '@mon/storage/model/error';
import { Flags } from '@oclif/core';
import { untilInterrupted } from './interrupt.ts';
import type { Fact } from './print/facts.ts';
import { formatBytes } from './print/number.ts';

export type JobName = JobReport['job'];

/** Flags that choose the directory to work on without a server. */
export const offlineFlags = {
  'data-dir': Flags.string({
    helpValue: 'DIR',
    helpGroup: 'OFFLINE',
    summary: 'Work on this directory, whose server is down, instead of asking a server',
    exclusive: ['server', 'context'],
  }),
  config: Flags.string({
    helpValue: 'FILE',
    helpGroup: 'OFFLINE',
    summary: "The directory's server's configuration",
    dependsOn: ['data-dir'],
  }),
};

/** Runs the job in the server. Interrupting hangs up, and the server stops the job. */
export async function runOnline(client: ApiClient, job: JobName): Promise<JobReport> {
  return withInterrupt((signal) => client.runJob(job, signal));
}

/** Opens the directory, runs the job, closes it. */
export async function runOffline(
  job: JobName,
  { config, clock }: { readonly config: ServerConfig; readonly clock: Clock },
): Promise<JobReport> {
  // Loaded only here: asking a server needs no LevelDB.
  const { openDatabase } = await import('@mon/storage/database');
  const { dataDir, retentionMs, aheadMaxMs, fsync } = config;
  const log = openLog('warn');
  const options = { dataDir, retentionMs, aheadMaxMs, fsync, shards: 1, clock, log };
  const database = await openDatabase(options).catch((thrown) => {
    throw withOnlineHint(thrown);
  });
  try {
    return await withInterrupt((signal) => {
      switch (job) {
        case 'compact':
          return database.compact(signal);
        case 'retention':
          return database.applyRetention(signal);
        default:
          return unreachable(job);
      }
    });
  } finally {
    await database.close();
  }
}

/** A directory whose server is up is that server's to work on. */
function withOnlineHint(thrown: unknown): unknown {
  if (!(thrown instanceof MonError) || thrown.code !== 'data-dir-locked') return thrown;
  const mend = 'Leave --data-dir out, so that the server that runs there does it.';
  return new MonError({ ...errorFrame(thrown), mend, cause: thrown });
}

/**
 * The first Ctrl-C stops the act between two steps, the second ends the process.
 *
 * @throws MonError `interrupted`
 */
export async function withInterrupt<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  void untilInterrupted().then(() => stop.abort());
  try {
    return await act(stop.signal);
  } catch (cause) {
    if (!stop.signal.aborted) throw cause;
    throw new MonError({
      code: 'interrupted',
      what: 'Stopped before the end',
      why: 'Ctrl-C or SIGTERM; what was done is kept',
      mend: 'Run it again to go on.',
      cause,
    });
  }
}

export function reportFacts(report: JobReport): Fact[] {
  const { job, blocksBefore, blocksAfter, bytesBefore, bytesAfter, elapsedMs } = report;
  return [
    { key: 'job', value: job },
    { key: 'blocks_before', value: blocksBefore },
    { key: 'blocks_after', value: blocksAfter },
    { key: 'bytes_before', value: bytesBefore, text: formatBytes(bytesBefore) },
    { key: 'bytes_after', value: bytesAfter, text: formatBytes(bytesAfter) },
    { key: 'elapsed_ms', value: Math.round(elapsedMs) },
  ];
}
