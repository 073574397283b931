/**
 * The samples of one series out of several blocks as one pair of columns.
 */
import { lowerBound } from '../chunk/slot.ts';

export interface SampleColumns {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/** Joins made before, by the parts they were made of; forgotten with these. */
interface JoinNode {
  readonly next: WeakMap<Float64Array, JoinNode>;
  joined: Float64Array | undefined;
}

/**
 * Merges the parts of series after series.
 *
 * Parts that follow each other in time are joined; series that share their parts' timestamp columns
 * get one joined array, so that sharing outlives the merge.
 */
export class SampleMerger {
  readonly #root: JoinNode = { next: new WeakMap(), joined: undefined };
  #values = new Float64Array(0);

  /**
   * The values are valid until the next call.
   *
   * @param all parts by generation, ascending: at equal times the last one is right
   */
  merge(all: readonly SampleColumns[]): SampleColumns {
    const filled = all.filter(({ values }) => values.length > 0);
    const parts = filled.length === 0 ? all.slice(0, 1) : filled;
    if (parts.length === 1) return parts[0] as SampleColumns;
    const byTime = [...parts].sort((a, b) => first(a) - first(b));
    const isApart = byTime.every((part, i) => {
      const next = byTime[i + 1];
      return next === undefined || last(part) < first(next);
    });
    if (!isApart) return parts.reduce(mergeTwo);
    const samples = byTime.reduce((sum, part) => sum + part.values.length, 0);
    if (this.#values.length < samples) this.#values = new Float64Array(2 * samples);
    const values = this.#values.subarray(0, samples);
    let at = 0;
    for (const part of byTime) {
      values.set(part.values, at);
      at += part.values.length;
    }
    return { timestampsMs: this.#join(byTime, at), values };
  }

  #join(parts: readonly SampleColumns[], length: number): Float64Array {
    let node = this.#root;
    for (const { timestampsMs } of parts) {
      let next = node.next.get(timestampsMs);
      if (next === undefined) {
        next = { next: new WeakMap(), joined: undefined };
        node.next.set(timestampsMs, next);
      }
      node = next;
    }
    if (node.joined === undefined) {
      node.joined = new Float64Array(length);
      let at = 0;
      for (const { timestampsMs } of parts) {
        node.joined.set(timestampsMs, at);
        at += timestampsMs.length;
      }
    }
    return node.joined;
  }
}

function first({ timestampsMs }: SampleColumns): number {
  return timestampsMs[0] as number;
}

function last({ timestampsMs }: SampleColumns): number {
  return timestampsMs[timestampsMs.length - 1] as number;
}

/** Copies run by run: a value moved through a variable might lose the bits of its NaN. */
function mergeTwo(older: SampleColumns, newer: SampleColumns): SampleColumns {
  const length = older.values.length + newer.values.length;
  const timestampsMs = new Float64Array(length);
  const values = new Float64Array(length);
  let at = 0;
  const copy = (from: SampleColumns, start: number, end: number) => {
    timestampsMs.set(from.timestampsMs.subarray(start, end), at);
    values.set(from.values.subarray(start, end), at);
    at += end - start;
  };
  let i = 0;
  let j = 0;
  while (j < newer.values.length) {
    const run = lowerBound(older.timestampsMs, newer.timestampsMs[j] as number, i);
    copy(older, i, run);
    i = run;
    const nextOld = older.timestampsMs[i] ?? Number.POSITIVE_INFINITY;
    const end = Math.max(j + 1, lowerBound(newer.timestampsMs, nextOld, j));
    copy(newer, j, end);
    if (nextOld === newer.timestampsMs[end - 1]) i++;
    j = end;
  }
  copy(older, i, older.values.length);
  return { timestampsMs: timestampsMs.slice(0, at), values: values.slice(0, at) };
}
