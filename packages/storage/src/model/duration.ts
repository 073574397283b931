/**
 * Durations as Prometheus writes them: `1h30m`, units y w d h m s ms, largest first, each once.
 *
 * Source: prometheus/common model/time.go.
 */
import { MonError } from './error.ts';

const UNITS = [
  ['y', 365 * 24 * 3600 * 1000],
  ['w', 7 * 24 * 3600 * 1000],
  ['d', 24 * 3600 * 1000],
  ['h', 3600 * 1000],
  ['m', 60 * 1000],
  ['s', 1000],
  ['ms', 1],
] as const;

const PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of a duration, or undefined where the text is none. `0` needs no unit. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : PATTERN.exec(text);
  if (match === null) return undefined;
  let ms = 0;
  UNITS.forEach(([, unitMs], i) => {
    ms += Number(match[i + 1] ?? 0) * unitMs;
  });
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/**
 * Milliseconds of a duration.
 *
 * @throws MonError `bad-duration`
 */
export function parseDurationMs(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new MonError({
    code: 'bad-duration',
    what: `Cannot read ${JSON.stringify(text.slice(0, 100))} as a duration`,
    why: 'it is not a number with a unit out of y, w, d, h, m, s, ms, larger units first',
    mend: 'Write it like 30s, 5m or 1h30m.',
  });
}

/** Writes a duration with the fewest units: 5400000 -> `1h30m`; 0 -> `0s`. */
export function formatDurationMs(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.abs(Math.round(ms));
  let text = ms < 0 ? '-' : '';
  for (const [unit, unitMs] of UNITS) {
    // Weeks and years only where they divide the whole, as Prometheus prints them.
    if ((unit === 'y' || unit === 'w') && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
