/**
 * Verification and statistics of a directory that this process has open, on a thread of their own
 * that lives as long as they take.
 */
import { MonError, type MonErrorFrame } from '../model/error.ts';
import { startWorker } from '../threads/start-worker.ts';
import type { DirectoryStats } from './directory-stats.ts';
import type { DirectoryReport } from './verify-directory.ts';

export type CareAsk =
  | { readonly kind: 'verify'; readonly dataDir: string }
  | { readonly kind: 'stats'; readonly dataDir: string; readonly top: number };

export type CareAnswer =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: MonErrorFrame };

const WORKER_URL = new URL('./care-worker.js', import.meta.url);

/** @throws MonError `data-dir-unusable`; the signal's reason */
export async function verifyOpenDirectory(
  dataDir: string,
  signal: AbortSignal,
): Promise<DirectoryReport> {
  return (await inThread({ kind: 'verify', dataDir }, signal)) as DirectoryReport;
}

/** @throws MonError `data-dir-unusable`; the signal's reason */
export async function openDirectoryStats(
  ask: { readonly dataDir: string; readonly top: number },
  signal: AbortSignal,
): Promise<DirectoryStats> {
  return (await inThread({ kind: 'stats', ...ask }, signal)) as DirectoryStats;
}

async function inThread(workerData: CareAsk, signal: AbortSignal): Promise<unknown> {
  signal.throwIfAborted();
  const worker = startWorker(WORKER_URL, { name: workerData.kind, workerData }, []);
  try {
    const answer = await new Promise<CareAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    if (answer.kind === 'failed') throw new MonError(answer.error);
    return answer.result;
  } finally {
    await worker.terminate();
  }
}
