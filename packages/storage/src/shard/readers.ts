/**
 * Who is reading on this shard. What readers may still hold (a frozen generation, a directory, a
 * ref) is given back only when those that were reading at that moment have ended.
 */
export class Readers {
  readonly #active = new Set<object>();
  #waiting: { readonly for: Set<object>; resolve(): void }[] = [];

  get count(): number {
    return this.#active.size;
  }

  /** Begins to read; the returned function ends it, once. */
  enter(): () => void {
    const reader = {};
    this.#active.add(reader);
    return () => {
      if (!this.#active.delete(reader)) return;
      for (const waiting of this.#waiting) {
        waiting.for.delete(reader);
        if (waiting.for.size === 0) waiting.resolve();
      }
      this.#waiting = this.#waiting.filter((waiting) => waiting.for.size > 0);
    };
  }

  /** Resolves when everyone who reads now has ended; later readers do not count. */
  past(): Promise<void> {
    if (this.#active.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ for: new Set(this.#active), resolve });
    });
  }
}
