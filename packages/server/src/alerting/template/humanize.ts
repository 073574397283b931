/**
 * Numbers for people: `humanize`, `humanize1024`, `humanizeDuration`, `humanizePercentage`,
 * `humanizeTimestamp`.
 *
 * Source: Prometheus template/template.go (rounding to 4 significant digits, prefixes).
 */
import { formatFloat } from './go-float.ts';
import { formatGoTime } from './go-time.ts';

const LARGE = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const LARGE_1024 = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const SMALL = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

/** 4 significant digits. */
function short(value: number): string {
  return formatFloat(value, 'g', 4);
}

function isOdd(value: number): boolean {
  return Number.isNaN(value) || !Number.isFinite(value);
}

/** 1234567 -> `1.235M`, 0.0012 -> `1.2m`. */
export function humanize(value: number): string {
  if (value === 0 || isOdd(value)) return short(value);
  return Math.abs(value) >= 1 ? shrink(value, 1000, LARGE) : grow(value);
}

/** 1048576 -> `1Mi`. */
export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || isOdd(value)) return short(value);
  return shrink(value, 1024, LARGE_1024);
}

function shrink(value: number, factor: number, prefixes: readonly string[]): string {
  let rest = value;
  let prefix = '';
  for (const next of prefixes) {
    if (Math.abs(rest) < factor) break;
    prefix = next;
    rest /= factor;
  }
  return short(rest) + prefix;
}

function grow(value: number): string {
  let rest = value;
  let prefix = '';
  for (const next of SMALL) {
    if (Math.abs(rest) >= 1) break;
    prefix = next;
    rest *= 1000;
  }
  return short(rest) + prefix;
}

/** Seconds: 3661 -> `1h 1m 1s`, 0.0012 -> `1.2ms`. */
export function humanizeDuration(value: number): string {
  if (isOdd(value)) return short(value);
  if (value === 0) return `${short(value)}s`;
  if (Math.abs(value) < 1) return `${grow(value)}s`;
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  const whole = Math.trunc(size);
  const seconds = whole % 60;
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600) % 24;
  const days = Math.floor(whole / 86_400);
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  if (minutes > 0) return `${sign}${minutes}m ${seconds}s`;
  return `${sign}${short(size)}s`;
}

/** 0.1234 -> `12.34%`. */
export function humanizePercentage(value: number): string {
  return `${short(value * 100)}%`;
}

/** Seconds since the epoch: 1435065584.128 -> `2015-06-23 13:19:44.128 +0000 UTC`. */
export function humanizeTimestamp(value: number): string {
  return isOdd(value) ? short(value) : formatGoTime(timestampMs(value));
}

/**
 * Milliseconds of a timestamp in seconds.
 *
 * @throws Error where Go's int64 of nanoseconds cannot hold it
 */
export function timestampMs(seconds: number): number {
  if (Math.abs(seconds * 1e9) < 2 ** 63) return Math.trunc((seconds * 1e9) / 1e6);
  const shown = formatFloat(seconds, 'g', -1);
  throw new Error(
    `${shown} cannot be represented as a nanoseconds timestamp since it overflows int64`,
  );
}
