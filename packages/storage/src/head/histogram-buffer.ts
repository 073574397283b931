/**
 * The native histograms of one series in one generation: bytes in the order they came, times in
 * order.
 */
import type { HistogramRun } from '../model/histogram-run.ts';
import { firstAtOrAfter } from '../model/histogram-run.ts';
import { CONFLICT, SAME, STORED, type StoreOutcome } from './late-runs.ts';

const ENTRIES_AT_FIRST = 4;
/** What the object takes beside its columns, about. */
const OBJECT_BYTES = 200;

export class HistogramBuffer {
  #count = 0;
  #used = 0;
  #timestampsMs = new Float64Array(ENTRIES_AT_FIRST);
  /** Where each histogram's bytes start and end; one more, so that starts are offsets too. */
  #starts = new Uint32Array(ENTRIES_AT_FIRST + 1);
  #ends = new Uint32Array(ENTRIES_AT_FIRST + 1);
  #bytes = new Uint8Array(256);
  /** Whether bytes lie in the order of time. */
  #isOrdered = true;

  get count(): number {
    return this.#count;
  }

  get memoryBytes(): number {
    const columns = this.#timestampsMs.byteLength + 2 * this.#starts.byteLength;
    return OBJECT_BYTES + columns + this.#bytes.byteLength;
  }

  get newestMs(): number {
    const last = this.#timestampsMs[this.#count - 1];
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : (last as number);
  }

  has(timestampMs: number): boolean {
    const at = this.#placeOf(timestampMs);
    return at < this.#count && this.#timestampsMs[at] === timestampMs;
  }

  /** What is held at the time of a histogram: STORED where nothing, else SAME or CONFLICT. */
  judge(timestampMs: number, bytes: Uint8Array): StoreOutcome {
    const at = this.#placeOf(timestampMs);
    if (at === this.#count || this.#timestampsMs[at] !== timestampMs) return STORED;
    const held = this.#bytes.subarray(this.#starts[at], this.#ends[at]);
    return Buffer.compare(held, bytes) === 0 ? SAME : CONFLICT;
  }

  /** Takes a histogram in at a time at which there is none yet. */
  add(timestampMs: number, bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const at = this.#placeOf(timestampMs);
    if (at < this.#count) {
      this.#timestampsMs.copyWithin(at + 1, at, this.#count);
      this.#starts.copyWithin(at + 1, at, this.#count);
      this.#ends.copyWithin(at + 1, at, this.#count);
      this.#isOrdered = false;
    }
    this.#bytes.set(bytes, this.#used);
    this.#timestampsMs[at] = timestampMs;
    this.#starts[at] = this.#used;
    this.#used += bytes.length;
    this.#ends[at] = this.#used;
    this.#count++;
  }

  /** All of it, ascending; a view that the next `add` may change. */
  run(): HistogramRun {
    const timestampsMs = this.#timestampsMs.subarray(0, this.#count);
    if (this.#isOrdered) {
      this.#starts[this.#count] = this.#used;
      return {
        timestampsMs,
        byteOffsets: this.#starts.subarray(0, this.#count + 1),
        bytes: this.#bytes,
      };
    }
    const byteOffsets = new Uint32Array(this.#count + 1);
    const bytes = new Uint8Array(this.#used);
    for (let i = 0, at = 0; i < this.#count; i++) {
      const held = this.#bytes.subarray(this.#starts[i], this.#ends[i]);
      bytes.set(held, at);
      at += held.length;
      byteOffsets[i + 1] = at;
    }
    return { timestampsMs, byteOffsets, bytes };
  }

  #placeOf(timestampMs: number): number {
    return firstAtOrAfter(this.#timestampsMs.subarray(0, this.#count), timestampMs);
  }

  #reserve(extra: number): void {
    if (this.#count === this.#timestampsMs.length) {
      const entries = this.#count * 2;
      const timestampsMs = new Float64Array(entries);
      timestampsMs.set(this.#timestampsMs);
      this.#timestampsMs = timestampsMs;
      this.#starts = grown(this.#starts, entries + 1);
      this.#ends = grown(this.#ends, entries + 1);
    }
    if (this.#used + extra <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#used + extra, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = bytes;
  }
}

function grown(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(column);
  return longer;
}
