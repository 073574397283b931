/**
 * A clock that moves only when told to; for tests and for replaying history (backtest).
 *
 * As on a real machine, timers run on elapsed time and not on the wall clock: setting the wall
 * clock neither fires nor delays them.
 */
import type { Clock } from './clock.ts';

export class ManualClock implements Clock {
  /** Time since the start; timers are due by it. */
  #elapsedMs = 0;
  /** What the wall clock shows beyond the elapsed time. */
  #offsetMs: number;
  #timers: { atMs: number; callback: () => void }[] = [];

  constructor(nowMs = 0) {
    this.#offsetMs = nowMs;
  }

  nowMs(): number {
    return this.#offsetMs + this.#elapsedMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#elapsedMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /**
   * Moves time forward, firing due timers in order of their time. Between two timers the event
   * loop turns once, so that what a timer started asynchronously may set the next one.
   */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const due = this.#timers.filter((timer) => timer.atMs <= untilMs);
      if (due.length === 0) break;
      const next = due.reduce((a, b) => (b.atMs < a.atMs ? b : a));
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.callback();
    }
    this.#elapsedMs = untilMs;
  }

  /** Sets the wall clock without firing timers, as when an operator corrects it. */
  jumpTo(nowMs: number): void {
    this.#offsetMs = nowMs - this.#elapsedMs;
  }
}
