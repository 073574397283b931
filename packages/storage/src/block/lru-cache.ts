/**
 * A map that forgets what was used longest ago once its entries cost more than the limit.
 */

export class LruCache<Value> {
  readonly #costMax: number;
  readonly #entries = new Map<string, { readonly value: Value; readonly cost: number }>();
  #cost = 0;

  constructor(costMax: number) {
    this.#costMax = costMax;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value, even one that alone costs more than the limit, until the next comes. */
  set(key: string, value: Value, cost: number): void {
    this.delete(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#cost + cost <= this.#costMax) break;
      this.delete(oldest);
    }
    this.#entries.set(key, { value, cost });
    this.#cost += cost;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#cost -= entry.cost;
  }
}
