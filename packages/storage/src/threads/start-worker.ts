/**
 * Starts a worker thread of the storage.
 *
 * A young generation of 4 MB instead of the default keeps a thread under garbage from growing by a
 * hundred megabytes. A thread that ends by itself is a bug, or out of memory, and ends the process.
 */
import { type Transferable, Worker } from 'node:worker_threads';
import { MonError, reasonOf } from '../model/error.ts';

const YOUNG_GENERATION_MB = 4;

export function startWorker(
  url: URL,
  start: { readonly name: string; readonly workerData: unknown },
  transferList: Transferable[],
): Worker {
  return new StorageThread(url, start, transferList);
}

/** A worker that may end by `terminate` only. */
class StorageThread extends Worker {
  readonly #name: string;
  #mayEnd = false;

  constructor(
    url: URL,
    start: { readonly name: string; readonly workerData: unknown },
    transferList: Transferable[],
  ) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB };
    super(url, { ...start, transferList, resourceLimits });
    this.#name = start.name;
    this.on('error', (error) => this.#endProcess(`${reasonOf(error)}${placeOf(error)}`, error));
    this.on('exit', (code) => this.#endProcess(`exit code ${code}`, undefined));
  }

  override terminate(): Promise<number> {
    this.#mayEnd = true;
    return super.terminate();
  }

  #endProcess(reason: string, cause: unknown): void {
    // After an error an exit follows, which says nothing new.
    if (this.#mayEnd) return;
    this.#mayEnd = true;
    const error = new MonError({
      code: 'thread-ended',
      what: 'Cannot go on',
      why: `the thread "${this.#name}" ended: ${reason}`,
      mend: 'Start mon again: no acknowledged sample is lost. Report this line as a bug of mon.',
      cause,
    });
    // Out of any promise: nothing that goes on from here could be trusted.
    process.nextTick(() => {
      throw error;
    });
  }
}

/** ` (file.js:1:2)`, where the error was thrown; '' where that is not known. */
function placeOf(thrown: unknown): string {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const places = stack.matchAll(/^ +at .*?([^/\\(]+\.[cm]?[jt]s:\d+:\d+)\)?$/gm);
  for (const [, place] of places) if (!place?.startsWith('assert.')) return ` (${place})`;
  return '';
}
