/**
 * The exemplars that one generation of a head holds: bounded for each series and in all, where the
 * oldest makes room for the newest.
 */
import { compareExemplars, EXEMPLARS_PER_SERIES_MAX, type Exemplar } from '../model/exemplar.ts';

/** Exemplars that one shard's head holds between two cuts. */
export const EXEMPLARS_PER_HEAD_MAX = 100_000;

/** An exemplar in memory, about: object, labels, place in the queue. */
const ENTRY_BYTES = 250;

export type ExemplarOutcome = 'stored' | 'duplicate' | 'out-of-order';

interface Held {
  readonly exemplars: Exemplar[];
  /** Exemplars of the series that were dropped for newer ones. */
  dropped: number;
}

export class ExemplarRing {
  readonly #held = new Map<number, Held>();
  /** The series of each exemplar taken in, oldest first, from `#queueFrom` on. */
  #queue: { readonly ref: number; readonly number: number }[] = [];
  #queueFrom = 0;
  readonly #max: number;
  count = 0;
  /** Exemplars dropped since there were too many. */
  dropped = 0;

  constructor(max = EXEMPLARS_PER_HEAD_MAX) {
    this.#max = max;
  }

  get memoryBytes(): number {
    return this.count * ENTRY_BYTES;
  }

  has(ref: number): boolean {
    return (this.#held.get(ref)?.exemplars.length ?? 0) > 0;
  }

  refs(): Iterable<number> {
    return this.#held.keys();
  }

  /** By time. */
  of(ref: number): readonly Exemplar[] {
    return this.#held.get(ref)?.exemplars ?? [];
  }

  /** What becomes of an exemplar beside those of its series. */
  judge(ref: number, exemplar: Exemplar): ExemplarOutcome {
    const newest = this.of(ref).at(-1);
    if (newest === undefined) return 'stored';
    const order = compareExemplars(newest, exemplar);
    if (order === 0) return 'duplicate';
    return order > 0 ? 'out-of-order' : 'stored';
  }

  /** Takes an exemplar in that is newer than all of its series. */
  add(ref: number, exemplar: Exemplar): void {
    let held = this.#held.get(ref);
    if (held === undefined) {
      held = { exemplars: [], dropped: 0 };
      this.#held.set(ref, held);
    }
    if (held.exemplars.length >= EXEMPLARS_PER_SERIES_MAX) this.#drop(held);
    held.exemplars.push(exemplar);
    this.#queue.push({ ref, number: held.dropped + held.exemplars.length - 1 });
    this.count++;
    while (this.count > this.#max) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#queue[this.#queueFrom++];
    const held = oldest === undefined ? undefined : this.#held.get(oldest.ref);
    // Others of its series may have been dropped before their turn.
    if (held !== undefined && (oldest?.number ?? 0) >= held.dropped) this.#drop(held);
    if (this.#queueFrom * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#queueFrom);
    this.#queueFrom = 0;
  }

  #drop(held: Held): void {
    held.exemplars.shift();
    held.dropped++;
    this.dropped++;
    this.count--;
  }
}
