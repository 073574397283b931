/**
 * Reads series of a head within a time range, as of the moment this was made.
 */
import type { Generation } from '../head/generation.ts';
import type { Head } from '../head/head.ts';
import { SampleBuffer } from '../head/sample-buffer.ts';
import { addPart, type SampleSpan, spanWithin } from './sample-merge.ts';

export class HeadReading {
  /** The samples of the series read last. */
  readonly out = new SampleBuffer();
  readonly #part = new SampleBuffer();
  readonly #head: Head;
  readonly #generations: readonly Generation[];
  readonly #startMs: number;
  readonly #endMs: number;

  constructor(head: Head, range: { readonly startMs: number; readonly endMs: number }) {
    this.#head = head;
    this.#startMs = range.startMs;
    this.#endMs = range.endMs;
    this.#generations = [...head.frozen, head.active].filter(
      ({ minTimeMs, maxTimeMs }) => minTimeMs <= range.endMs && maxTimeMs >= range.startMs,
    );
  }

  /** Whether the range takes in all that the head has; then no series needs to be looked at. */
  get isWhole(): boolean {
    const filled = [...this.#head.frozen, this.#head.active].filter(({ samples }) => samples > 0);
    return filled.every((generation) => this.#isWithin(generation));
  }

  /** Samples of a series, in `out`; returns how many. */
  read(ref: number): number {
    return this.readAfter([], ref);
  }

  /** The same behind parts of older generations, which lie within the range. */
  readAfter(parts: readonly SampleSpan[], ref: number): number {
    let count = 0;
    for (const part of parts) count = addPart(this.out, count, part);
    if (ref < 0) return count;
    for (const generation of this.#generations) {
      const read = this.#head.read(generation, ref, { out: this.#part, at: 0 });
      const { timestampsMs, values } = this.#part;
      const span = { timestampsMs, values, from: 0, to: read };
      count = addPart(this.out, count, spanWithin(span, this.#startMs, this.#endMs));
    }
    return count;
  }

  /** Whether a series has samples within the range. */
  has(ref: number): boolean {
    return this.#generations.some((generation) => {
      if (!this.#head.has(generation, ref)) return false;
      if (this.#isWithin(generation)) return true;
      const read = this.#head.read(generation, ref, { out: this.#part, at: 0 });
      const { timestampsMs, values } = this.#part;
      const { from, to } = spanWithin(
        { timestampsMs, values, from: 0, to: read },
        this.#startMs,
        this.#endMs,
      );
      return to > from;
    });
  }

  #isWithin({ minTimeMs, maxTimeMs }: Generation): boolean {
    return minTimeMs >= this.#startMs && maxTimeMs <= this.#endMs;
  }
}
