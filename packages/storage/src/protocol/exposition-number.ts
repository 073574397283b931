/**
 * Numbers of the exposition formats: decimal floats, `NaN`, `Inf` and `Infinity` with a sign, in
 * any case. Hexadecimal and underscores are refused, as Prometheus does.
 */

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const EXPONENT_BIT = 0x65;

/** Up to so many digits a mantissa is exact in a double. */
const EXACT_DIGITS_MAX = 15;
/** Powers of ten that are exact in a double: with an exact mantissa one operation rounds right. */
const EXACT_POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** The number in `bytes[start, end)`, or undefined where it is none. */
export function readNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let i = start;
  const sign = bytes[i];
  if (sign === MINUS || sign === PLUS) i++;
  let mantissa = 0;
  let digits = 0;
  let scale = 0;
  let hasDot = false;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits++;
      if (hasDot) scale--;
    } else if (byte === DOT && !hasDot) hasDot = true;
    else break;
  }
  if (digits === 0 || digits > EXACT_DIGITS_MAX) return readSlowly(bytes, start, end);
  if (i < end) {
    const exponent = readExponent(bytes, i, end);
    if (exponent === undefined) return readSlowly(bytes, start, end);
    scale += exponent;
  }
  if (scale < -22 || scale > 22) return readSlowly(bytes, start, end);
  const power = EXACT_POWERS[Math.abs(scale)] as number;
  const magnitude = scale < 0 ? mantissa / power : mantissa * power;
  return sign === MINUS ? -magnitude : magnitude;
}

/** The integer after `e`, or undefined where the bytes are no short exponent. */
function readExponent(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (((bytes[start] as number) | 0x20) !== EXPONENT_BIT) return undefined;
  let i = start + 1;
  const sign = bytes[i];
  if (sign === MINUS || sign === PLUS) i++;
  if (i >= end || end - i > 3) return undefined;
  let exponent = 0;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte < ZERO || byte > NINE) return undefined;
    exponent = exponent * 10 + (byte - ZERO);
  }
  return sign === MINUS ? -exponent : exponent;
}

function readSlowly(bytes: Uint8Array, start: number, end: number): number | undefined {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 1000)));
  if (end - start > 1000) return undefined;
  if (DECIMAL.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = INFINITE.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
