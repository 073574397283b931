/**
 * How to pack up to 120 integers into as few bits as most of them need, the few that do not fit set
 * apart as exceptions.
 *
 * Source of the method: Zukowski et al., "Super-Scalar RAM-CPU Cache Compression" (2006), PFOR.
 */
import { packedBytes } from './bit-packing.ts';

/** A scrape every 15 s fills one block in the 30 minutes of a cut. */
export const BLOCK_ENTRIES_MAX = 120;

/** Bits of the widest difference of two integers below 2^51 in magnitude, taken twice. */
export const WIDTH_MAX = 53;

/** An entry is base + (its low `width` bits) + 2^width * (its high part). */
export interface Packing {
  base: number;
  width: number;
  /** Entries whose high part is not 0. */
  exceptions: number;
  /** Size of the packed bits and the exceptions. */
  bytes: number;
}

/** How many entries need exactly so many bits. */
const lengths = new Int32Array(WIDTH_MAX + 1);

/**
 * Finds the smallest packing of entries[0, count) and writes it to `plan`.
 *
 * Either the smallest entry is the base and exceptions are above it, or the largest is the top and
 * they are below; a block with outliers on both sides is rare and pays with its width.
 */
export function planPacking(entries: Float64Array, count: number, plan: Packing): void {
  let min = entries[0] as number;
  let max = min;
  for (let i = 1; i < count; i++) {
    const entry = entries[i] as number;
    if (entry < min) min = entry;
    else if (entry > max) max = entry;
  }
  plan.bytes = Number.POSITIVE_INFINITY;
  const range = bitLength(max - min);
  lengths.fill(0, 0, range + 1);
  for (let i = 0; i < count; i++) countLength((entries[i] as number) - min);
  if (planWidth(count, range, plan)) plan.base = min;
  if (range < 2) return;
  lengths.fill(0, 0, range + 1);
  for (let i = 0; i < count; i++) countLength(max - (entries[i] as number));
  if (planWidth(count, range, plan)) plan.base = max - 2 ** plan.width + 1;
}

function countLength(offset: number): void {
  const bits = bitLength(offset);
  lengths[bits] = (lengths[bits] as number) + 1;
}

/** Takes over the best width for `lengths` where it beats the plan; says whether one did. */
function planWidth(count: number, range: number, plan: Packing): boolean {
  let improved = false;
  for (let width = range; width >= 0; width--) {
    let exceptions = 0;
    let exceptionBytes = 0;
    for (let bits = width + 1; bits <= range; bits++) {
      const found = lengths[bits] as number;
      exceptions += found;
      // A position, then a signed varint of what is above the width.
      exceptionBytes += found * (2 + Math.ceil(Math.max(0, bits - width - 6) / 7));
    }
    const bytes = packedBytes(count, width) + exceptionBytes;
    if (bytes < plan.bytes) {
      plan.bytes = bytes;
      plan.width = width;
      plan.exceptions = exceptions;
      improved = true;
    }
  }
  return improved;
}

/** Bits of an integer from 0 to 2^53. */
function bitLength(n: number): number {
  return n < 0x1_0000_0000 ? 32 - Math.clz32(n) : 64 - Math.clz32(n / 0x1_0000_0000);
}
