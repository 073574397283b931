/**
 * Cuts, merges and retention as main conducts them: freeze in every shard, write, let every shard
 * read the new directories, delete what nobody reads any more. See docs/design/0001-generations.md.
 *
 * One cut and one merge at a time; they may overlap. What a full disk stops is tried again.
 */
import type { JobReport, StorageLog } from '../database-options.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import { assert } from '../model/assert.ts';
import { MonError } from '../model/error.ts';
import type { Threads } from '../open-threads.ts';
import type { DamagedBlock } from './damaged-blocks.ts';
import type { BlockChange, LiveBlocks } from './maintenance-messages.ts';

let lastMerge = 0;

export class BlockJobs {
  readonly #threads: Threads;
  readonly #log: StorageLog;
  #live: LiveBlocks;
  /** The generation that heads are taking samples into. */
  #generation: number;
  /** Generations up to this one are in directories. */
  #cutThrough: number;
  /** Generations up to this one are frozen; beyond `#cutThrough` only where a cut failed. */
  #frozenThrough: number;
  #cut: Promise<void> | undefined;
  #merging: Promise<unknown> = Promise.resolve();
  /** Changes that readers still stand in the way of. */
  readonly #swaps = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #flushing: Promise<void> | undefined;
  #nextFlush: Promise<void> | undefined;
  cuts = 0;
  merges = 0;

  constructor(threads: Threads, log: StorageLog) {
    this.#threads = threads;
    this.#log = log;
    this.#live = threads.opening.live;
    this.#generation = threads.generation;
    this.#cutThrough = threads.opening.cutThrough;
    this.#frozenThrough = this.#cutThrough;
  }

  get live(): readonly ManifestEntry[] {
    return this.#live.entries;
  }

  /** Directories that are listed and cannot be read. */
  get damaged(): readonly DamagedBlock[] {
    return this.#live.damaged;
  }

  /** Whether a cut is under way. */
  get isCutting(): boolean {
    return this.#cut !== undefined;
  }

  /** Whether an earlier cut failed and its samples are still in memory. */
  get isCutDue(): boolean {
    return this.#frozenThrough > this.#cutThrough;
  }

  /**
   * Everything that was appended before the call is in directories of a day when this resolves, and
   * what was merged is deleted. Calls during a flush share the one after it.
   *
   * @throws MonError as `cut` and `mergeAll` do
   */
  flush(): Promise<void> {
    if (this.#flushing === undefined) {
      this.#flushing = this.#makeFlush().finally(() => {
        this.#flushing = undefined;
      });
      return this.#flushing;
    }
    this.#nextFlush ??= this.#flushing
      .catch(() => undefined)
      .then(() => {
        this.#nextFlush = undefined;
        return this.flush();
      });
    return this.#nextFlush;
  }

  async #makeFlush(): Promise<void> {
    // A cut that is under way may have frozen the heads before.
    await this.#cut?.catch(() => undefined);
    if (this.isCutDue) await this.cut();
    await this.cut();
    await this.mergeAll('days');
    await Promise.all(this.#swaps);
  }

  /**
   * Puts what the heads hold into a directory. While a cut is under way its end is waited for.
   *
   * @throws MonError `disk-full`, `bad-database`; the samples stay in memory and in the log
   */
  cut(): Promise<void> {
    this.#cut ??= this.#makeCut().finally(() => {
      this.#cut = undefined;
    });
    return this.#cut;
  }

  async #makeCut(): Promise<void> {
    const { shards, maintenance } = this.#threads;
    const startedAt = performance.now();
    if (!this.isCutDue) {
      const next = this.#generation + 1;
      await shards.callAll('freeze', next);
      this.#frozenThrough = this.#generation;
      this.#generation = next;
    }
    const through = this.#frozenThrough;
    const change = await maintenance.call('cut', { from: this.#cutThrough + 1, through });
    this.#cutThrough = through;
    this.cuts++;
    this.#swap(change);
    await this.#trimLog(through);
    const blocks = change.live.entries.length;
    const elapsedMs = Math.round(performance.now() - startedAt);
    this.#log.info({ through, blocks, elapsedMs }, 'cut the head into a directory');
  }

  /** Removes what a cut covers; what cannot be removed is skipped by replay, and tried again. */
  async #trimLog(through: number): Promise<void> {
    try {
      await this.#threads.log.call('removeThrough', through);
    } catch (error) {
      if (!(error instanceof MonError)) throw error;
      this.#log.error({ error }, 'could not remove segments of the write-ahead log');
    }
  }

  /**
   * Merges as far as the plan goes.
   *
   * @param until see `planNextMerge`
   * @throws MonError `job-canceled`, `corrupt-block`, `disk-full`
   */
  mergeAll(until: 'usual' | 'days', signal?: AbortSignal): Promise<void> {
    const ended = this.#closing.signal;
    const either = signal === undefined ? ended : AbortSignal.any([ended, signal]);
    const merged = this.#merging.then(async () => {
      while (await this.#mergeOnce(until, either));
    });
    // The next one waits for the end of this one, not for its success.
    this.#merging = merged.catch(() => undefined);
    return merged;
  }

  async #mergeOnce(until: 'usual' | 'days', signal: AbortSignal): Promise<boolean> {
    const { maintenance } = this.#threads;
    const job = ++lastMerge;
    const cancel = () => {
      // Where the database is being closed the merge ends anyway.
      maintenance.call('cancelMerge', job).catch(() => undefined);
    };
    if (signal.aborted) throw jobCanceled();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const change = await maintenance.call('merge', { until, job });
      if (change === null) return false;
      this.merges++;
      this.#swap(change);
      const { removed } = change;
      this.#log.info({ removed, blocks: this.live.length }, 'merged directories');
      return true;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Removes directories whose last sample is older than the retention keeps. */
  async expire(
    ask: { readonly nowMs: number; readonly retentionMs: number | undefined },
    signal?: AbortSignal,
  ): Promise<void> {
    if (signal?.aborted) throw jobCanceled();
    const change = await this.#threads.maintenance.call('expire', ask);
    if (change.removed.length === 0) return;
    this.#swap(change);
    this.#log.info({ removed: change.removed }, 'removed expired directories');
  }

  /** Runs a job, sees what it replaced deleted, and says what it changed. */
  async report(job: JobReport['job'], run: () => Promise<void>): Promise<JobReport> {
    const before = this.live;
    const startedAt = performance.now();
    await run();
    await Promise.all(this.#swaps);
    return {
      job,
      blocksBefore: before.length,
      blocksAfter: this.live.length,
      bytesBefore: bytesOf(before),
      bytesAfter: bytesOf(this.live),
      elapsedMs: Math.round(performance.now() - startedAt),
    };
  }

  /** Ends merges, and waits for what is under way; failures were told to whoever asked. */
  async close(): Promise<void> {
    this.#closing.abort();
    // A flush may wait for readers, which end with the shards.
    await Promise.allSettled([this.#cut, this.#merging]);
  }

  /**
   * Lets the shards read what lives now. What was taken away is deleted when its last reader has
   * ended. Cuts do not wait for that: a reader may be slow.
   */
  #swap({ live, removed }: BlockChange): void {
    assert(live.version >= this.#live.version, 'directories change in order');
    this.#live = live;
    const { shards, maintenance } = this.#threads;
    const ask = { live, cutThrough: this.#cutThrough };
    const swapped = shards
      .callAll('swap', ask)
      .then(() => (removed.length > 0 ? maintenance.call('remove', removed) : null))
      .then(
        () => undefined,
        (error) => this.#noteLeftOver(error),
      );
    this.#swaps.add(swapped);
    void swapped.then(() => this.#swaps.delete(swapped));
  }

  /** What could not be deleted, or was not before the end, is when the database is opened again. */
  #noteLeftOver(error: unknown): void {
    if (!(error instanceof MonError)) throw error;
    if (error.code === 'closing') return;
    this.#log.error({ error }, 'directories that are not read any more are left over');
  }
}

function bytesOf(entries: readonly ManifestEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function jobCanceled(): MonError {
  return new MonError({
    code: 'job-canceled',
    what: 'Cannot finish the job',
    why: 'it was canceled',
    mend: 'Run it again; what was done is kept.',
    retryable: true,
  });
}
