/**
 * Joins the parts of one series, oldest generation first: ascending, each timestamp once, and where
 * two parts have a sample at one time the later part is right.
 */
import { lowerBound } from '../head/late-runs.ts';
import { SampleBuffer } from '../head/sample-buffer.ts';

const scratch = new SampleBuffer(256);

/** Samples [from, to) of two columns. */
export interface SampleSpan {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
}

/**
 * Adds a later part to the `count` samples in a buffer.
 *
 * @returns how many are in it now
 */
export function addPart(out: SampleBuffer, count: number, part: SampleSpan): number {
  const added = part.to - part.from;
  if (added === 0) return count;
  out.reserve(count + added, count);
  const firstMs = part.timestampsMs[part.from] as number;
  if (count === 0 || (out.timestampsMs[count - 1] as number) < firstMs) {
    out.timestampsMs.set(part.timestampsMs.subarray(part.from, part.to), count);
    out.values.set(part.values.subarray(part.from, part.to), count);
    return count + added;
  }
  return mergePart(out, count, part);
}

/** Where the parts overlap: what is in the buffer from there on moves aside and is merged in. */
function mergePart(out: SampleBuffer, count: number, part: SampleSpan): number {
  const firstMs = part.timestampsMs[part.from] as number;
  const overlap = lowerBound(out.timestampsMs, firstMs, { from: 0, to: count });
  const moved = count - overlap;
  scratch.reserve(moved, 0);
  scratch.timestampsMs.set(out.timestampsMs.subarray(overlap, count));
  scratch.valueBits.set(out.valueBits.subarray(2 * overlap, 2 * count));
  const { timestampsMs, values } = part;
  const partBits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  let a = 0;
  let b = part.from;
  let write = overlap;
  while (a < moved || b < part.to) {
    const aMs = a < moved ? (scratch.timestampsMs[a] as number) : Number.POSITIVE_INFINITY;
    const bMs = b < part.to ? (timestampsMs[b] as number) : Number.POSITIVE_INFINITY;
    const takesPart = bMs <= aMs;
    const bits = takesPart ? partBits : scratch.valueBits;
    const at = takesPart ? b : a;
    out.timestampsMs[write] = takesPart ? bMs : aMs;
    out.valueBits[2 * write] = bits[2 * at] as number;
    out.valueBits[2 * write + 1] = bits[2 * at + 1] as number;
    write++;
    if (bMs <= aMs) b++;
    if (aMs <= bMs) a++;
  }
  return write;
}
