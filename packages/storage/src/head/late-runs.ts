/**
 * Samples of one series that came after a newer one: ascending runs, merged as they grow.
 *
 * A sample that continues the newest run is appended to it; any other starts a run. Runs are merged
 * whenever one is not at least twice as long as the one after it, so that n samples in any order
 * cost O(n log n) and never stand in more than log2(n) runs. A timestamp stands here once.
 */
import { SampleBuffer } from './sample-buffer.ts';

/** Outcomes of storing a sample. */
export const STORED = 0;
/** The same sample, bit by bit, is there already. */
export const SAME = 1;
/** Another value stands at this timestamp; it stays. */
export const CONFLICT = 2;
export type StoreOutcome = typeof STORED | typeof SAME | typeof CONFLICT;

const scratch = new SampleBuffer(64);

export class LateRuns {
  readonly #samples = new SampleBuffer(8);
  /** Where each run starts. */
  readonly #starts: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of the columns. */
  get bytes(): number {
    return this.#samples.timestampsMs.length * 16;
  }

  /** What stands at a timestamp: STORED where nothing does. */
  judge(timestampMs: number, low: number, high: number): StoreOutcome {
    const { valueBits } = this.#samples;
    const at = this.#find(timestampMs);
    if (at < 0) return STORED;
    return valueBits[2 * at] === low && valueBits[2 * at + 1] === high ? SAME : CONFLICT;
  }

  /** Stores a sample unless its timestamp is taken. */
  add(timestampMs: number, low: number, high: number): StoreOutcome {
    const taken = this.judge(timestampMs, low, high);
    if (taken !== STORED) return taken;
    const samples = this.#samples;
    samples.reserve(this.#count + 1, this.#count);
    const isNext =
      this.#count > 0 && (samples.timestampsMs[this.#count - 1] as number) < timestampMs;
    if (!isNext) {
      this.#mergeShort();
      this.#starts.push(this.#count);
    }
    samples.timestampsMs[this.#count] = timestampMs;
    samples.valueBits[2 * this.#count] = low;
    samples.valueBits[2 * this.#count + 1] = high;
    this.#count++;
    return STORED;
  }

  /** All samples as one ascending run; the columns hold until the next `add`. */
  sorted(): SampleBuffer {
    while (this.#starts.length > 1) this.#mergeLastTwo();
    return this.#samples;
  }

  #find(timestampMs: number): number {
    const column = this.#samples.timestampsMs;
    for (let run = this.#starts.length - 1; run >= 0; run--) {
      const end = this.#starts[run + 1] ?? this.#count;
      const at = lowerBound(column, timestampMs, { from: this.#starts[run] as number, to: end });
      if (at < end && column[at] === timestampMs) return at;
    }
    return -1;
  }

  /** Merges from the end while a run is not twice as long as its successor. */
  #mergeShort(): void {
    const starts = this.#starts;
    while (starts.length > 1) {
      const last = this.#count - (starts.at(-1) as number);
      const previous = (starts.at(-1) as number) - (starts.at(-2) as number);
      if (previous >= 2 * last) return;
      this.#mergeLastTwo();
    }
  }

  /** Merges the last two runs in place, from their ends backwards. */
  #mergeLastTwo(): void {
    const middle = this.#starts.pop() as number;
    const first = this.#starts.at(-1) as number;
    const { timestampsMs, valueBits } = this.#samples;
    const lastCount = this.#count - middle;
    scratch.reserve(lastCount, 0);
    scratch.timestampsMs.set(timestampsMs.subarray(middle, this.#count));
    scratch.valueBits.set(valueBits.subarray(2 * middle, 2 * this.#count));
    let a = middle - 1;
    let b = lastCount - 1;
    for (let write = this.#count - 1; b >= 0; write--) {
      const takesFirst =
        a >= first && (timestampsMs[a] as number) > (scratch.timestampsMs[b] as number);
      const from = takesFirst ? this.#samples : scratch;
      const at = takesFirst ? a-- : b--;
      timestampsMs[write] = from.timestampsMs[at] as number;
      valueBits[2 * write] = from.valueBits[2 * at] as number;
      valueBits[2 * write + 1] = from.valueBits[2 * at + 1] as number;
    }
  }
}

/**
 * First index in [from, to) of an ascending column whose entry is not below `wanted`, else `to`.
 */
export function lowerBound(
  column: Float64Array,
  wanted: number,
  range: { readonly from: number; readonly to: number },
): number {
  let low = range.from;
  let high = range.to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((column[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
