/**
 * A growable pair of columns that samples are gathered into: scratch of readers and of the cut.
 */
export class SampleBuffer {
  timestampsMs: Float64Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
  /** The words of `values`: samples move as bits, since a staleness marker is a NaN. */
  valueBits: Uint32Array<ArrayBuffer>;

  constructor(capacity = 256) {
    this.timestampsMs = new Float64Array(capacity);
    this.valueBits = new Uint32Array(capacity * 2);
    this.values = new Float64Array(this.valueBits.buffer);
  }

  /** Makes room for `capacity` samples in all, keeping the first `keep`. */
  reserve(capacity: number, keep: number): void {
    if (capacity <= this.timestampsMs.length) return;
    const next = new SampleBuffer(Math.max(capacity, this.timestampsMs.length * 2));
    next.timestampsMs.set(this.timestampsMs.subarray(0, keep));
    next.valueBits.set(this.valueBits.subarray(0, keep * 2));
    this.timestampsMs = next.timestampsMs;
    this.valueBits = next.valueBits;
    this.values = next.values;
  }
}
