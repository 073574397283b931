/**
 * Compensated sums (Kahan's method with Neumaier's change), several at once in one column.
 *
 * Cell 2*i of the column is sum i, cell 2*i+1 what rounding lost of it. The order of operations is
 * Prometheus's, so that sums agree to the last bit. Source: Prometheus util/kahansum.
 */

/** Adds `value` to sum `i`. */
export function kahanAdd(sums: Float64Array, i: number, value: number): void {
  const sum = sums[2 * i] as number;
  const next = sum + value;
  if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) {
    sums[2 * i + 1] = 0;
  } else if (Math.abs(sum) >= Math.abs(value)) {
    sums[2 * i + 1] = (sums[2 * i + 1] as number) + (sum - next + value);
  } else {
    sums[2 * i + 1] = (sums[2 * i + 1] as number) + (value - next + sum);
  }
  sums[2 * i] = next;
}

/** Sum `i` with what was lost put back. */
export function kahanTotal(sums: Float64Array, i: number): number {
  return (sums[2 * i] as number) + (sums[2 * i + 1] as number);
}
