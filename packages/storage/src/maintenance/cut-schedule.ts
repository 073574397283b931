/**
 * When heads are cut: every half hour, when they hold much, and again after a failure.
 */
import type { StorageBounds, StorageLog } from '../database-options.ts';
import type { Clock } from '../model/clock.ts';
import { MonError } from '../model/error.ts';
import type { ShardThreads } from '../shard/shard-threads.ts';
import type { BlockJobs } from './block-jobs.ts';

/** Time between a cut that failed and the next try. */
const RETRY_MS = 60_000;

export interface CutScheduleParts {
  readonly jobs: BlockJobs;
  readonly shards: ShardThreads;
  readonly clock: Clock;
  readonly log: StorageLog;
  readonly bounds: StorageBounds;
  readonly onDiskFull: () => void;
}

export class CutSchedule {
  readonly #parts: CutScheduleParts;
  #cancelTimer = () => {};
  #isClosed = false;

  constructor(parts: CutScheduleParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#cutLater(this.#parts.bounds.cutIntervalMs);
  }

  stop(): void {
    this.#isClosed = true;
    this.#cancelTimer();
  }

  /** Starts a cut if the heads hold enough for one. */
  noteAppended(): void {
    const { jobs, bounds } = this.#parts;
    if (this.#activeBytes() >= bounds.headBytesMax && !jobs.isCutting) this.cutNow();
  }

  /**
   * Waits while the heads hold twice as much as starts a cut.
   *
   * @throws MonError as the cut that should make room does
   */
  async room(): Promise<void> {
    const { jobs, bounds } = this.#parts;
    while (this.#activeBytes() >= 2 * bounds.headBytesMax) await jobs.cut();
  }

  /** Tries a cut that failed again; one that fails once more is left to its time. */
  async retry(): Promise<void> {
    const { jobs } = this.#parts;
    if (jobs.isCutDue) await jobs.cut().catch(ignoreFailure);
  }

  /** Cuts, and merges what is due; reports failures. */
  cutNow(): void {
    const { jobs, log, bounds, onDiskFull } = this.#parts;
    this.#cancelTimer();
    const work = jobs.cut().then(() => jobs.mergeAll('usual'));
    work.then(
      () => this.#cutLater(bounds.cutIntervalMs),
      (error) => {
        if (!(error instanceof MonError)) throw error;
        if (error.code === 'closing' || error.code === 'job-canceled') return;
        if (error.code === 'disk-full') onDiskFull();
        else log.error({ error }, 'could not cut the head; it is tried again');
        this.#cutLater(RETRY_MS);
      },
    );
  }

  #cutLater(delayMs: number): void {
    if (this.#isClosed) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.after(delayMs, () => this.cutNow());
  }

  #activeBytes(): number {
    return this.#parts.shards.sum('activeBytes');
  }
}

function ignoreFailure(error: unknown): void {
  if (!(error instanceof MonError)) throw error;
}
