/**
 * The set of generations that are in blocks: all up to a mark, and a few above it.
 *
 * Generations are cut about in order, so that the few above stay few however long a database lives.
 */

export class CutGenerations {
  #upTo: number;
  readonly #above: Set<number>;

  constructor(upTo = 0, above: Iterable<number> = []) {
    this.#upTo = upTo;
    this.#above = new Set();
    for (const generation of above) this.add(generation);
  }

  /** Every generation from 1 to this one is in. */
  get upTo(): number {
    return this.#upTo;
  }

  /** Those that are in beyond `upTo`, ascending. */
  get above(): number[] {
    return [...this.#above].sort((a, b) => a - b);
  }

  /** The highest one that is in; 0 where none is. */
  get highest(): number {
    return Math.max(this.#upTo, ...this.#above);
  }

  has(generation: number): boolean {
    return generation <= this.#upTo || this.#above.has(generation);
  }

  add(generation: number): void {
    if (generation > this.#upTo) this.#above.add(generation);
    while (this.#above.delete(this.#upTo + 1)) this.#upTo++;
  }
}
