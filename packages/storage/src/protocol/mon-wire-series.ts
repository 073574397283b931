/**
 * What both ends of a session keep of each series: its value before and the digits that decimals
 * have. Grown together, so that a frame is read with exactly what it was written with.
 */
export class WireSeriesStates {
  count = 0;
  /** [count] the number of digits behind the point */
  digits = new Uint8Array(64);
  /** [count] the value before; 0 at first */
  values = new Float64Array(64);
  /** The words of `values`: a NaN is kept bit by bit. */
  bits = new Uint32Array(this.values.buffer);

  get bytes(): number {
    return this.digits.byteLength + this.values.byteLength;
  }

  /** Adds `more` series without a value. */
  add(more: number): void {
    this.count += more;
    if (this.count <= this.digits.length) return;
    const length = Math.max(this.count, this.digits.length * 2);
    const digits = new Uint8Array(length);
    digits.set(this.digits);
    this.digits = digits;
    const bits = new Uint32Array(2 * length);
    bits.set(this.bits);
    this.bits = bits;
    this.values = new Float64Array(bits.buffer);
  }
}
