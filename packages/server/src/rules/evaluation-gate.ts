/**
 * Lets at most so many evaluations run at a time; the others wait in order. Who waits is bounded by
 * the number of rule groups: each has at most one evaluation.
 */

/** Evaluations in flight. */
export const EVALUATIONS_MAX = 16;

export class EvaluationGate {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(max = EVALUATIONS_MAX) {
    this.#max = max;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#max) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await task();
    } finally {
      // The place passes on without ever being free, so that nobody overtakes.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
