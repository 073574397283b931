/**
 * Lets a long computation give way, so that an append behind it waits milliseconds.
 */
import { setImmediate } from 'node:timers/promises';

/** Work between two pauses. */
export const SLICE_MS_MAX = 2;

export class WorkSlice {
  #startedAt = performance.now();

  /** Whether it is time for `pause`; cheap enough for every hundredth step of a loop. */
  get isOver(): boolean {
    return performance.now() - this.#startedAt > SLICE_MS_MAX;
  }

  /** Lets whatever waits on this thread go first. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
