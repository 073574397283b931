/**
 * Calls back once an interval, always at the same offset within it, counted from the epoch: rounds
 * of one target are evenly apart across restarts, and targets are spread by a hash of their name.
 */
import type { Clock } from '@mon/storage/model/clock';

/** A timer may be so late, or a hundredth of the interval, and the planned time still counts. */
const TOLERANCE_MS_MAX = 10;

export interface RoundScheduleOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** In [0, intervalMs). */
  readonly offsetMs: number;
  /** Whether a first round is run at once, beside the regular ones. */
  readonly isImmediate: boolean;
  /** One round; never rejects. The next is planned when it is done. */
  readonly run: (timestampMs: number) => Promise<void>;
}

export class RoundSchedule {
  readonly #options: RoundScheduleOptions;
  #cancel: () => void = () => {};
  #underWay: Promise<void> = Promise.resolve();
  #isStopped = false;
  #lastTimestampMs = Number.NEGATIVE_INFINITY;

  constructor(options: RoundScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.isImmediate) this.#run(this.#options.clock.nowMs());
    else this.#plan();
  }

  /** No further rounds; resolves when the one under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#underWay;
  }

  #plan(): void {
    if (this.#isStopped) return;
    const { clock, intervalMs, offsetMs } = this.#options;
    const nowMs = clock.nowMs();
    const passed = (((nowMs - offsetMs) % intervalMs) + intervalMs) % intervalMs;
    const plannedMs = nowMs - passed + intervalMs;
    this.#cancel = clock.after(plannedMs - nowMs, () => {
      const lateMs = clock.nowMs() - plannedMs;
      const toleranceMs = Math.min(TOLERANCE_MS_MAX, intervalMs / 100);
      this.#run(Math.abs(lateMs) <= toleranceMs ? plannedMs : clock.nowMs());
    });
  }

  #run(timestampMs: number): void {
    // A clock set back must not make a series' time run back.
    const isBehind = timestampMs <= this.#lastTimestampMs;
    if (isBehind && this.#lastTimestampMs - timestampMs < this.#options.intervalMs) {
      this.#plan();
      return;
    }
    this.#lastTimestampMs = timestampMs;
    this.#underWay = this.#options.run(timestampMs).then(() => this.#plan());
  }
}

/** Where in the interval the rounds of what has this name fall: FNV-1a, finished by murmur's mix. */
export function spreadOffsetMs(name: string, intervalMs: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return Math.floor(((hash >>> 0) / 2 ** 32) * intervalMs);
}
