/**
 * Starts a worker thread of the storage.
 *
 * A young generation of 4 MB instead of the default keeps a thread under garbage from growing by a
 * hundred megabytes. An error that ends a thread is a bug and ends the process.
 */
import { type Transferable, Worker } from 'node:worker_threads';

const YOUNG_GENERATION_MB = 4;

export function startWorker(
  url: URL,
  start: { readonly name: string; readonly workerData: unknown },
  transferList: Transferable[],
): Worker {
  const worker = new Worker(url, {
    ...start,
    transferList,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  worker.on('error', (error) => {
    // Out of any promise: nothing that goes on from here could be trusted.
    process.nextTick(() => {
      throw new Error(`the thread ${start.name} ended: ${error}`, { cause: error });
    });
  });
  return worker;
}
