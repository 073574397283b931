/**
 * A clock that moves only when told to; for tests and for replaying history (backtest).
 */
import type { Clock } from './clock.ts';

export class ManualClock implements Clock {
  #nowMs: number;
  #timers: { atMs: number; callback: () => void }[] = [];

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
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
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const due = this.#timers.filter((timer) => timer.atMs <= untilMs);
      if (due.length === 0) break;
      const next = due.reduce((a, b) => (b.atMs < a.atMs ? b : a));
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Sets the wall clock without firing timers, as when an operator corrects it. */
  jumpTo(nowMs: number): void {
    this.#nowMs = nowMs;
  }
}
