/**
 * The best few of many rows: a binary heap with the worst of the kept on top.
 */

export class TopRows {
  /** 1: larger is better, -1: smaller is better, 0: only the rank counts. */
  readonly #sign: 1 | -1 | 0;
  readonly #ranks: Int32Array;
  readonly #values: Float64Array;
  readonly #rows: Int32Array;
  #size = 0;
  #capacity = 0;

  /** @param ranks [rows] of equal values the row of the lower rank is better */
  constructor(operator: 'topk' | 'bottomk' | 'limitk', ranks: Int32Array) {
    this.#sign = operator === 'topk' ? 1 : operator === 'bottomk' ? -1 : 0;
    this.#ranks = ranks;
    this.#values = new Float64Array(ranks.length);
    this.#rows = new Int32Array(ranks.length);
  }

  /** Starts anew, keeping at most `capacity` rows; none where it is not positive. */
  reset(capacity: number): void {
    this.#size = 0;
    this.#capacity = Math.max(0, capacity);
  }

  offer(value: number, row: number): void {
    if (this.#size < this.#capacity) {
      this.#values[this.#size] = value;
      this.#rows[this.#size] = row;
      this.#siftUp(this.#size++);
    } else if (this.#size > 0 && this.#isBetter(value, row, 0)) {
      this.#values[0] = value;
      this.#rows[0] = row;
      this.#siftDown();
    }
  }

  /** The kept rows, best first. */
  take(): number[] {
    const best: number[] = [];
    while (this.#size > 0) {
      best.push(this.#rows[0] as number);
      this.#size--;
      this.#values[0] = this.#values[this.#size] as number;
      this.#rows[0] = this.#rows[this.#size] as number;
      this.#siftDown();
    }
    return best.reverse();
  }

  /** Whether a row is better than the one at `place` of the heap. NaN is worse than all. */
  #isBetter(value: number, row: number, place: number): boolean {
    const other = this.#values[place] as number;
    if (this.#sign !== 0) {
      const a = value * this.#sign;
      const b = other * this.#sign;
      if (a > b) return true;
      if (a < b) return false;
      const isNan = Number.isNaN(value);
      if (isNan !== Number.isNaN(other)) return !isNan;
    }
    return (this.#ranks[row] as number) < (this.#ranks[this.#rows[place] as number] as number);
  }

  #siftUp(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (this.#isBetter(this.#values[place] as number, this.#rows[place] as number, parent))
        return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  #siftDown(): void {
    let place = 0;
    for (;;) {
      let worst = place;
      for (let child = 2 * place + 1; child <= 2 * place + 2 && child < this.#size; child++) {
        const value = this.#values[worst] as number;
        if (this.#isBetter(value, this.#rows[worst] as number, child)) worst = child;
      }
      if (worst === place) return;
      this.#swap(place, worst);
      place = worst;
    }
  }

  #swap(a: number, b: number): void {
    const value = this.#values[a] as number;
    this.#values[a] = this.#values[b] as number;
    this.#values[b] = value;
    const row = this.#rows[a] as number;
    this.#rows[a] = this.#rows[b] as number;
    this.#rows[b] = row;
  }
}
