/**
 * Times and durations written as Go writes them: `Time.String()`, `Time.Format(layout)` in UTC,
 * `Duration.String()`.
 *
 * Source: https://pkg.go.dev/time
 */

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `2015-06-23 13:19:44.128 +0000 UTC`. */
export function formatGoTime(timeMs: number): string {
  return formatTimeLayout(timeMs, '2006-01-02 15:04:05.999999999 -0700 MST');
}

/** RFC 3339 with only the fraction digits it takes, as Go marshals times to JSON. */
export function formatRfc3339(timeMs: number): string {
  return formatTimeLayout(timeMs, '2006-01-02T15:04:05.999999999Z07:00');
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

type Part = (time: Date) => string;

/** The pieces a layout may hold, longest first where one begins another. */
const PARTS: readonly (readonly [string, Part])[] = [
  ['January', (time) => MONTHS[time.getUTCMonth()] as string],
  ['Jan', (time) => (MONTHS[time.getUTCMonth()] as string).slice(0, 3)],
  ['Monday', (time) => WEEKDAYS[time.getUTCDay()] as string],
  ['Mon', (time) => (WEEKDAYS[time.getUTCDay()] as string).slice(0, 3)],
  ['MST', () => 'UTC'],
  ['2006', (time) => pad(time.getUTCFullYear(), 4)],
  ['Z07:00', () => 'Z'],
  ['Z0700', () => 'Z'],
  ['-07:00', () => '+00:00'],
  ['-0700', () => '+0000'],
  ['-07', () => '+00'],
  ['002', (time) => pad(dayOfYear(time), 3)],
  ['01', (time) => pad(time.getUTCMonth() + 1, 2)],
  ['02', (time) => pad(time.getUTCDate(), 2)],
  ['03', (time) => pad(hour12(time), 2)],
  ['04', (time) => pad(time.getUTCMinutes(), 2)],
  ['05', (time) => pad(time.getUTCSeconds(), 2)],
  ['06', (time) => pad(time.getUTCFullYear() % 100, 2)],
  ['15', (time) => pad(time.getUTCHours(), 2)],
  ['PM', (time) => (time.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['pm', (time) => (time.getUTCHours() < 12 ? 'am' : 'pm')],
  ['_2', (time) => String(time.getUTCDate()).padStart(2, ' ')],
  ['1', (time) => String(time.getUTCMonth() + 1)],
  ['2', (time) => String(time.getUTCDate())],
  ['3', (time) => String(hour12(time))],
  ['4', (time) => String(time.getUTCMinutes())],
  ['5', (time) => String(time.getUTCSeconds())],
];

/** `Time.Format`: the layout is the reference time Mon Jan 2 15:04:05 MST 2006 as it should look. */
export function formatTimeLayout(timeMs: number, layout: string): string {
  const time = new Date(timeMs);
  let text = '';
  for (let i = 0; i < layout.length; ) {
    const fraction = /^[.,](0+|9+)(?!\d)/.exec(layout.slice(i));
    if (fraction) {
      text += formatFraction(time, fraction[0]);
      i += fraction[0].length;
      continue;
    }
    const part = PARTS.find(([name]) => layout.startsWith(name, i));
    text += part ? part[1](time) : (layout[i] as string);
    i += part ? part[0].length : 1;
  }
  return text;
}

function formatFraction(time: Date, pattern: string): string {
  const digits = pad(time.getUTCMilliseconds(), 3)
    .padEnd(pattern.length - 1, '0')
    .slice(0, pattern.length - 1);
  if (pattern[1] === '0') return pattern[0] + digits;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : pattern[0] + trimmed;
}

function hour12(time: Date): number {
  return time.getUTCHours() % 12 || 12;
}

function dayOfYear(time: Date): number {
  return Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

/** `1h15m30.5s`, `1.5ms`, `0s`. */
export function formatGoDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  const sign = durationMs < 0 ? '-' : '';
  const size = Math.abs(durationMs);
  if (size < 1) return `${sign}${Number((size * 1000).toFixed(3))}µs`;
  if (size < 1000) return `${sign}${Number(size.toFixed(6))}ms`;
  const seconds = Number(((size % 60_000) / 1000).toFixed(9));
  const minutes = Math.floor(size / 60_000);
  if (minutes === 0) return `${sign}${seconds}s`;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours > 0 ? `${hours}h` : ''}${minutes % 60}m${seconds}s`;
}
