/**
 * Samples are never objects: a series' samples are a timestamp column (ms since the epoch, float64
 * holding integers) and a value column of the same length.
 *
 * The staleness marker is one particular NaN and is compared by its bits: arithmetic on it loses
 * them. Move values between columns with `set` and `subarray`, which copy bits.
 * Source: Prometheus model/value/value.go.
 */

const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 0x00000002;
const NORMAL_NAN_HIGH = 0x7ff80000;
const NORMAL_NAN_LOW = 0x00000001;

/** The 64-bit words of a column, for looking at bits; little-endian, as every host mon runs on. */
export function bitsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Whether entry `i` of the column with these `bits` (see `bitsOf`) is a staleness marker. */
export function isStaleAt(bits: Uint32Array, i: number): boolean {
  return bits[2 * i] === STALE_LOW && bits[2 * i + 1] === STALE_HIGH;
}

/** Writes a staleness marker into entry `i`. */
export function setStaleAt(bits: Uint32Array, i: number): void {
  bits[2 * i] = STALE_LOW;
  bits[2 * i + 1] = STALE_HIGH;
}

/** Writes Prometheus's ordinary NaN into entry `i`. */
export function setNanAt(bits: Uint32Array, i: number): void {
  bits[2 * i] = NORMAL_NAN_LOW;
  bits[2 * i + 1] = NORMAL_NAN_HIGH;
}
