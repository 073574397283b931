/**
 * Floats written as Go's strconv.FormatFloat writes them: `%e`, `%f`, `%g`, a given or the shortest
 * precision, ties rounded to even.
 *
 * Source: https://pkg.go.dev/strconv#FormatFloat
 */

export type FloatVerb = 'e' | 'f' | 'g';

/** Digits of |value| without trailing zeros; the decimal point stands after `point` of them. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

const PRECISION_MAX = 70;
/** With the shortest precision `%g` writes an exponent from here on: 1000000 is `1e+06`. */
const SHORTEST_EXPONENT = 6;

/** Writes `value`; `precision` -1 means as many digits as it takes to read the same value back. */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const wanted = Math.min(precision, PRECISION_MAX);
  const size = Math.abs(value);
  switch (verb) {
    case 'e':
      return sign + writeExponent(wanted < 0 ? shortest(size) : rounded(size, wanted + 1), wanted);
    case 'f':
      return sign + (wanted < 0 ? writePlain(shortest(size)) : fixed(size, wanted));
    case 'g':
      return sign + writeGeneral(size, wanted);
  }
}

function writeGeneral(size: number, precision: number): string {
  const significant = Math.max(precision, 1);
  const decimal = precision < 0 ? shortest(size) : rounded(size, significant);
  const exponent = decimal.point - 1;
  const limit = precision < 0 ? SHORTEST_EXPONENT : exponentLimit(decimal, significant);
  if (size !== 0 && (exponent < -4 || exponent >= limit)) return writeExponent(decimal, -1);
  return writePlain(decimal);
}

function exponentLimit({ digits, point }: Decimal, significant: number): number {
  return significant > digits.length && digits.length >= point ? digits.length : significant;
}

function shortest(size: number): Decimal {
  return fromExponential(size.toExponential());
}

function rounded(size: number, significant: number): Decimal {
  return fromExponential(roundHalfEven((digits) => size.toExponential(digits), significant - 1));
}

function fromExponential(text: string): Decimal {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  return { digits: digits === '' ? '0' : digits, point: Number(exponent) + 1 };
}

/** JavaScript rounds a tie up, Go to even: a tie is a 5 followed by nothing but zeros. */
function roundHalfEven(write: (digits: number) => string, digits: number): string {
  const up = write(digits);
  const [exact = '', exponent] = write(digits + 25).split('e');
  if (!/5(?:0{24})$/.test(exact)) return up;
  const kept = exact.slice(0, -25).replace(/\.$/, '');
  if (Number(kept.at(-1)) % 2 === 1) return up;
  return exponent === undefined ? kept : `${kept}e${exponent}`;
}

function fixed(size: number, precision: number): string {
  if (size >= 1e21) return BigInt(size) + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
  return roundHalfEven((digits) => size.toFixed(digits), precision);
}

function writeExponent({ digits, point }: Decimal, precision: number): string {
  const exponent = digits === '0' ? 0 : point - 1;
  const fraction = precision < 0 ? digits.slice(1) : digits.slice(1).padEnd(precision, '0');
  const mantissa = fraction === '' ? digits.slice(0, 1) : `${digits.slice(0, 1)}.${fraction}`;
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${power}`;
}

function writePlain({ digits, point }: Decimal): string {
  if (digits === '0') return '0';
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
