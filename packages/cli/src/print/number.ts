/**
 * Numbers for people: three significant digits, a prefix and a unit. Exact values are
 * `formatExact`'s.
 */
import { unreachable } from '@mon/storage/model/assert';

/** What a number counts; decides prefixes and steps of axes. */
export type Unit = 'none' | 'bytes' | 'bytes/s' | 'seconds' | 'percent' | 'ratio' | '1/s';

export const UNITS: readonly Unit[] = [
  'none',
  'bytes',
  'bytes/s',
  'seconds',
  'percent',
  'ratio',
  '1/s',
];

const SI_LARGE = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const SI_SMALL = ['', 'm', 'µ', 'n', 'p'];
const IEC = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** As PromQL's HTTP API writes a sample: shortest text that reads back equal. */
export function formatExact(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A number in its unit: 1536 bytes -> `1.50 KiB`, 0.25 seconds -> `250 ms`. */
export function formatNumber(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return formatExact(value);
  switch (unit) {
    case 'none':
      return formatSi(value);
    case '1/s':
      return `${formatSi(value)}/s`;
    case 'bytes':
      return formatBytes(value);
    case 'bytes/s':
      return `${formatBytes(value)}/s`;
    case 'seconds':
      return formatSeconds(value);
    case 'percent':
      return `${formatPlain(value)}%`;
    case 'ratio':
      return `${formatPlain(value * 100)}%`;
    default:
      return unreachable(unit);
  }
}

/** SI prefixes, no unit: 12345 -> `12.3k`. */
export function formatSi(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude >= 999.5) return scaled(value, { factor: 1000, suffixes: SI_LARGE });
  if (magnitude >= 0.001) return formatPlain(value);
  const power = Math.min(SI_SMALL.length - 1, Math.ceil(-Math.log10(magnitude) / 3));
  return `${formatPlain(value * 1000 ** power)}${SI_SMALL[power]}`;
}

/** IEC prefixes: 1536 -> `1.50 KiB`. */
export function formatBytes(value: number): string {
  return scaled(value, { factor: 1024, suffixes: IEC, space: ' ' });
}

/** IEC prefixes by letter alone, at most five columns: 1536 -> `1.5K`. */
export function formatShortBytes(value: number): string {
  let rest = value;
  let power = 0;
  while (Math.abs(rest) >= 999.5 && power < 6) {
    rest /= 1024;
    power++;
  }
  const digits = Math.abs(rest) < 9.95 && power > 0 ? rest.toFixed(1) : rest.toFixed(0);
  return `${digits}${['', 'K', 'M', 'G', 'T', 'P', 'E'][power]}`;
}

/** A share in at most four columns: `4.5%`, `45%`, `100%`. */
export function formatShortPercent(percent: number): string {
  if (!Number.isFinite(percent)) return '-';
  return `${percent < 9.95 && percent > 0.05 ? percent.toFixed(1) : percent.toFixed(0)}%`;
}

interface Scale {
  readonly factor: number;
  readonly suffixes: readonly string[];
  readonly space?: string;
}

function scaled(value: number, { factor, suffixes, space = '' }: Scale): string {
  let power = 0;
  let rest = value;
  // 999.5 and up would print as 1000 with three digits.
  while (Math.abs(rest) >= (factor === 1000 ? 999.5 : 1023.5) && power < suffixes.length - 1) {
    rest /= factor;
    power++;
  }
  const digits = power === 0 && Number.isInteger(rest) ? String(rest) : formatPlain(rest);
  return `${digits}${space}${suffixes[power]}`;
}

/** Three significant digits without a prefix or an exponent: 0.012345 -> `0.0123`. */
export function formatPlain(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return '0';
  if (magnitude >= 99.95) return value.toFixed(0);
  if (Number.isInteger(value)) return String(value);
  if (magnitude >= 9.995) return value.toFixed(1);
  if (magnitude >= 0.9995) return value.toFixed(2);
  const decimals = Math.min(9, 2 - Math.floor(Math.log10(magnitude)));
  return value.toFixed(decimals).replace(/0+$/, '').replace(/\.$/, '');
}

const SECONDS_SMALL = [
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
] as const;

/** A time span: 0.25 -> `250 ms`, 90 -> `1m30s`, 93600 -> `1d2h`. */
export function formatSeconds(seconds: number): string {
  const magnitude = Math.abs(seconds);
  if (magnitude === 0) return '0 s';
  if (magnitude < 0.9995) {
    const [size, name] = SECONDS_SMALL.find(([size]) => magnitude >= size * 0.9995) ?? [1e-9, 'ns'];
    return `${formatPlain(seconds / size)} ${name}`;
  }
  if (magnitude < 60) return `${formatPlain(seconds)} s`;
  return `${seconds < 0 ? '-' : ''}${formatAge(magnitude)}`;
}

const AGES = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** The two largest units of a span of whole seconds: 93784 -> `1d2h`; 0 -> `0s`. */
export function formatAge(seconds: number): string {
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [size, name] of AGES) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${name}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0s' : parts.join('');
}

/** Matches what an expression or metric name says of its unit. */
const UNIT_HINTS: readonly (readonly [RegExp, Unit, Unit])[] = [
  [/_bytes(_total)?\b/, 'bytes', 'bytes/s'],
  [/_ratio\b/, 'ratio', 'none'],
  [/_percent\b/, 'percent', 'none'],
  [/_seconds(_total|_sum)?\b/, 'seconds', 'none'],
];

/**
 * The unit an expression's values have, judged by its metric names; `none` where it is not plain.
 * A rate of bytes is bytes/s; of seconds it has no unit.
 */
export function unitOf(expression: string): Unit {
  const isRate = /\b(rate|irate|deriv)\s*\(/.test(expression);
  const isArithmetic = /[*/]|\bcount|\bquantile_over|==|[<>]=?\s*bool/.test(
    withoutBraces(expression),
  );
  if (isArithmetic) return 'none';
  const bare = withoutBraces(expression);
  const quantile = /\bhistogram_quantile\s*\(/.test(expression);
  if (quantile && /_seconds_bucket\b/.test(bare)) return 'seconds';
  if (quantile && /_bytes_bucket\b/.test(bare)) return 'bytes';
  for (const [pattern, plain, rate] of UNIT_HINTS)
    if (pattern.test(bare)) return isRate ? rate : plain;
  return isRate ? '1/s' : 'none';
}

function withoutBraces(expression: string): string {
  return expression
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '');
}
