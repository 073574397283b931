/**
 * A thread that reads a data directory for verification or statistics, and answers once. It reads
 * files only, so that a server which has the directory open is not in its way.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert, unreachable } from '../model/assert.ts';
import { errorFrame, MonError, reasonOf } from '../model/error.ts';
import type { CareAnswer, CareAsk } from './care-thread.ts';
import { directoryStats } from './directory-stats.ts';
import { verifyDirectory } from './verify-directory.ts';

function carryOut(ask: CareAsk): Promise<unknown> {
  switch (ask.kind) {
    case 'verify':
      return verifyDirectory(ask.dataDir, { isRunning: true });
    case 'stats':
      return directoryStats(ask.dataDir, { top: ask.top });
    default:
      return unreachable(ask);
  }
}

async function answer(ask: CareAsk): Promise<CareAnswer> {
  try {
    return { kind: 'done', result: await carryOut(ask) };
  } catch (thrown) {
    if (thrown instanceof MonError) return { kind: 'failed', error: errorFrame(thrown) };
    if (thrown instanceof Error && 'code' in thrown) {
      const what = `Cannot read the data directory ${ask.dataDir}`;
      const mend = 'Check the disk and the rights on the directory.';
      const why = reasonOf(thrown);
      const error = { code: 'data-dir-unusable', what, why, mend, retryable: false };
      return { kind: 'failed', error };
    }
    throw thrown;
  }
}

assert(parentPort !== null, 'care is a worker');
// Lives until main, which has its answer, ends it.
parentPort.on('message', () => undefined);
parentPort.postMessage(await answer(workerData as CareAsk));
