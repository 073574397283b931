/**
 * Samples of one generation: runs of (timestamp, value) in slices of shared segments.
 *
 * A run is a chain of slices of 4, 8, ..., 128 samples, so that a series with three samples costs
 * little and one with hundreds is read in long pieces. Addresses are sample numbers over all
 * segments. Nothing is freed before the whole generation is, when its segments are used again.
 */
import type { SampleBuffer } from './sample-buffer.ts';

export const SEGMENT_BITS = 15;
export const SEGMENT_SAMPLES = 1 << SEGMENT_BITS;
export const SEGMENT_MASK = SEGMENT_SAMPLES - 1;
export const SLICE_SAMPLES_MIN = 4;
export const SLICE_SAMPLES_MAX = 128;
/** Samples in a run when its first slice of the largest size begins: 4 + 8 + ... + 64. */
const RAMP_SAMPLES = SLICE_SAMPLES_MAX - SLICE_SAMPLES_MIN;
/** Bytes of a segment: two doubles a sample and a link for each smallest slice. */
export const SEGMENT_BYTES = SEGMENT_SAMPLES * 17;
/** Below this a loop is faster than two calls of `set`. */
const LOOP_SAMPLES_MAX = 24;
/** Freed segments kept for the next generation; more are left to the garbage collector. */
const SPARE_SEGMENTS_MAX = 16;

export interface Segment {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly valueBits: Uint32Array;
  /** By slice start / 4: where the run goes on. */
  readonly links: Uint32Array;
}

/** Where a run starts and how long it is. */
export interface SampleRun {
  /** Address of its first slice. */
  readonly first: number;
  readonly count: number;
}

/** Segments between two uses. */
export type SpareSegments = Segment[];

export class SampleArena {
  readonly #spare: SpareSegments;
  readonly segments: Segment[] = [];
  #used = SEGMENT_SAMPLES;

  constructor(spare: SpareSegments) {
    this.#spare = spare;
  }

  get bytes(): number {
    return this.segments.length * SEGMENT_BYTES;
  }

  /** Room for a slice; returns its address. */
  allocate(samples: number): number {
    if (this.#used + samples > SEGMENT_SAMPLES) {
      this.segments.push(this.#spare.pop() ?? newSegment());
      this.#used = 0;
    }
    const address = (this.segments.length - 1) * SEGMENT_SAMPLES + this.#used;
    this.#used += samples;
    return address;
  }

  /** Says where the run that fills the slice at `address` goes on. */
  link(address: number, next: number): void {
    const segment = this.segments[address >>> SEGMENT_BITS] as Segment;
    segment.links[(address & SEGMENT_MASK) >>> 2] = next;
  }

  /**
   * Copies a run into a buffer from `at` on; the caller has reserved the room.
   */
  copyRun(run: SampleRun, out: SampleBuffer, at: number): void {
    let address = run.first;
    let left = run.count;
    let write = at;
    for (let capacity = SLICE_SAMPLES_MIN; left > 0; capacity = nextCapacity(capacity)) {
      const segment = this.segments[address >>> SEGMENT_BITS] as Segment;
      const from = address & SEGMENT_MASK;
      const samples = Math.min(left, capacity);
      if (samples <= LOOP_SAMPLES_MAX) {
        for (let i = 0; i < samples; i++) {
          out.timestampsMs[write + i] = segment.timestampsMs[from + i] as number;
          out.valueBits[2 * (write + i)] = segment.valueBits[2 * (from + i)] as number;
          out.valueBits[2 * (write + i) + 1] = segment.valueBits[2 * (from + i) + 1] as number;
        }
      } else {
        out.timestampsMs.set(segment.timestampsMs.subarray(from, from + samples), write);
        out.values.set(segment.values.subarray(from, from + samples), write);
      }
      write += samples;
      left -= samples;
      address = segment.links[from >>> 2] as number;
    }
  }

  /** Whether the value at an address has these bits. */
  hasBits(address: number, low: number, high: number): boolean {
    const { valueBits } = this.segments[address >>> SEGMENT_BITS] as Segment;
    const at = 2 * (address & SEGMENT_MASK);
    return valueBits[at] === low && valueBits[at + 1] === high;
  }

  /** Address of the sample of a run with this timestamp, or -1. */
  findInRun(run: SampleRun, timestampMs: number): number {
    let address = run.first;
    let left = run.count;
    for (let capacity = SLICE_SAMPLES_MIN; left > 0; capacity = nextCapacity(capacity)) {
      const segment = this.segments[address >>> SEGMENT_BITS] as Segment;
      const from = address & SEGMENT_MASK;
      const to = from + Math.min(left, capacity);
      if ((segment.timestampsMs[to - 1] as number) >= timestampMs) {
        const found = segment.timestampsMs.subarray(from, to).indexOf(timestampMs);
        return found < 0 ? -1 : address + found;
      }
      left -= to - from;
      address = segment.links[from >>> 2] as number;
    }
    return -1;
  }

  /** Gives the segments back; the arena is not to be used any more. */
  release(): void {
    for (const segment of this.segments) {
      if (this.#spare.length < SPARE_SEGMENTS_MAX) this.#spare.push(segment);
    }
    this.segments.length = 0;
    this.#used = SEGMENT_SAMPLES;
  }
}

/** Whether a run of `count` samples fills its slices, so that the next sample needs a new one. */
export function fillsSlices(count: number): boolean {
  if (count < RAMP_SAMPLES) {
    const next = count + SLICE_SAMPLES_MIN;
    return (next & (next - 1)) === 0;
  }
  return ((count - RAMP_SAMPLES) & (SLICE_SAMPLES_MAX - 1)) === 0;
}

/** Samples of the slice that a run of `count` samples, which fills its slices, gets next. */
export function nextSliceSamples(count: number): number {
  return count < RAMP_SAMPLES ? count + SLICE_SAMPLES_MIN : SLICE_SAMPLES_MAX;
}

function nextCapacity(capacity: number): number {
  return capacity < SLICE_SAMPLES_MAX ? capacity * 2 : SLICE_SAMPLES_MAX;
}

function newSegment(): Segment {
  const valueBits = new Uint32Array(SEGMENT_SAMPLES * 2);
  return {
    timestampsMs: new Float64Array(SEGMENT_SAMPLES),
    values: new Float64Array(valueBits.buffer),
    valueBits,
    links: new Uint32Array(SEGMENT_SAMPLES / SLICE_SAMPLES_MIN),
  };
}
