/**
 * Sets of series ordinals as runs: start, end, start, end, ... half-open, ascending, apart.
 *
 * Series are sorted, so what a matcher selects lies in few runs; a set of single ordinals costs
 * twice its array.
 */
import { assert } from '../model/assert.ts';

export type OrdinalRuns = Uint32Array;

export const NO_ORDINALS: OrdinalRuns = new Uint32Array(0);

export function rangeRuns(start: number, end: number): OrdinalRuns {
  return start < end ? Uint32Array.of(start, end) : NO_ORDINALS;
}

/** How many ordinals are in the set. */
export function countOrdinals(runs: OrdinalRuns): number {
  let count = 0;
  for (let i = 0; i < runs.length; i += 2) count += (runs[i + 1] as number) - (runs[i] as number);
  return count;
}

export function intersectRuns(a: OrdinalRuns, b: OrdinalRuns): OrdinalRuns {
  const out = new Uint32Array(a.length + b.length);
  let length = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const start = Math.max(a[i] as number, b[j] as number);
    const endA = a[i + 1] as number;
    const endB = b[j + 1] as number;
    if (start < Math.min(endA, endB)) {
      out[length++] = start;
      out[length++] = Math.min(endA, endB);
    }
    if (endA < endB) i += 2;
    else j += 2;
  }
  return out.slice(0, length);
}

/** Those of `a` that are not in `b`. */
export function subtractRuns(a: OrdinalRuns, b: OrdinalRuns): OrdinalRuns {
  const out = new Uint32Array(a.length + b.length);
  let length = 0;
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let start = a[i] as number;
    const end = a[i + 1] as number;
    while (j < b.length && (b[j + 1] as number) <= start) j += 2;
    for (let k = j; k < b.length && (b[k] as number) < end; k += 2) {
      if ((b[k] as number) > start) {
        out[length++] = start;
        out[length++] = b[k] as number;
      }
      start = b[k + 1] as number;
    }
    if (start < end) {
      out[length++] = start;
      out[length++] = end;
    }
  }
  return out.slice(0, length);
}

/** The union of any number of sets. */
export function uniteRuns(sets: readonly OrdinalRuns[]): OrdinalRuns {
  if (sets.length === 1) return sets[0] as OrdinalRuns;
  const total = sets.reduce((sum, runs) => sum + runs.length / 2, 0);
  const starts = new Float64Array(total);
  // Start and end in one number, so that the native sort of a typed array does it.
  let count = 0;
  for (const runs of sets) {
    for (let i = 0; i < runs.length; i += 2) {
      const length = (runs[i + 1] as number) - (runs[i] as number);
      assert(length < RUN_MAX, 'a run is too long');
      starts[count++] = (runs[i] as number) * RUN_MAX + length;
    }
  }
  starts.sort();
  const out = new Uint32Array(2 * total);
  let length = 0;
  for (let k = 0; k < total; k++) {
    const start = Math.floor((starts[k] as number) / RUN_MAX);
    const end = start + ((starts[k] as number) % RUN_MAX);
    if (length > 0 && start <= (out[length - 1] as number)) {
      if (end > (out[length - 1] as number)) out[length - 1] = end;
    } else {
      out[length++] = start;
      out[length++] = end;
    }
  }
  return out.slice(0, length);
}

/** More series than a block can hold: start and length of a run fit 53 bits together. */
export const SERIES_MAX = 2 ** 26;
const RUN_MAX = 2 ** 27;
