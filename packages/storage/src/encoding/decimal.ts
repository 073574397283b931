/**
 * Numbers as integers over a power of ten. Exact: a value counts as a decimal only where
 * `integer / 10^exponent`, which is what a reader computes, has the value's bits.
 */

export const EXPONENT_MAX = 18;
/** Exact in float64 up to 10^22. */
const POWERS = Float64Array.from({ length: EXPONENT_MAX + 1 }, (_, e) => Number(`1e${e}`));
/** Magnitudes stay below, so that differences are exact. */
const INTEGER_LIMIT = 2 ** 50;

/** The smallest exponent at which all values are integers over a power of ten exactly, or -1. */
export function commonExponent(values: Float64Array): number {
  let exponent = 0;
  for (let i = 0; i < values.length; i++) {
    while (!isDecimal(values[i] as number, POWERS[exponent] as number)) {
      if (++exponent > EXPONENT_MAX) return -1;
    }
  }
  const power = powerOfTen(exponent);
  return values.every((value) => isDecimal(value, power)) ? exponent : -1;
}

export function powerOfTen(exponent: number): number {
  return POWERS[exponent] as number;
}

function isDecimal(value: number, power: number): boolean {
  const integer = Math.round(value * power);
  // Minus zero equals zero but for its bits.
  return Math.abs(integer) < INTEGER_LIMIT && integer / power === value && !Object.is(value, -0);
}
