/**
 * How a value is written against the value before of the same series: a token, and for some tokens
 * bytes beside it. Both ends compute the same from the same, so every value arrives bit by bit.
 *
 * | token     | meaning                                                                          |
 * | --------- | -------------------------------------------------------------------------------- |
 * | 0         | the bits of the value before                                                     |
 * | 1 - 7     | a decimal with as many digits as before: its difference in so many bytes         |
 * | 16 - 143  | the same with another number of digits: 16 + 8 * digits + bytes, 0 to 7 bytes    |
 * | 144 - 207 | bits XOR those before: 144 + 8 * zero bytes at the low end + meaningful bytes - 1 |
 * | 255       | a staleness marker; the value before stays                                       |
 *
 * Format: docs/protocol/mon-wire.md.
 */

export const TOKEN_SAME = 0;
export const TOKEN_DECIMAL_MAX = 7;
export const TOKEN_RESCALED = 16;
export const TOKEN_XOR = 144;
export const TOKEN_XOR_END = 208;
export const TOKEN_STALE = 255;

export const DIGITS_MAX = 15;
/** Decimals stay below this many units of their last digit, so that all arithmetic is exact. */
export const UNITS_LIMIT = 2 ** 50;

/** Exact powers of ten, by number of digits. */
export const POWERS = Float64Array.from({ length: DIGITS_MAX + 1 }, (_, digits) =>
  Number(`1e${digits}`),
);
