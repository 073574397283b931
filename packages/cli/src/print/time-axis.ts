/**
 * Ticks of a time axis, at round times of a time zone.
 */

/** Where local time stands; `SYSTEM_ZONE` outside tests. */
export interface TimeZone {
  /** Milliseconds that local time is ahead of UTC at that time. */
  offsetMs(timeMs: number): number;
}

export const UTC_ZONE: TimeZone = { offsetMs: () => 0 };
export const SYSTEM_ZONE: TimeZone = {
  offsetMs: (timeMs) => -new Date(timeMs).getTimezoneOffset() * 60_000,
};

export interface TimeTick {
  readonly timeMs: number;
  readonly label: string;
}

export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const INTERVALS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 91, 182, 365, 730, 1825, 3650].map((n) => n * DAY),
];

/** Ticks that fit `width` columns with two columns between labels. */
export function timeTicks(range: TimeRange, width: number, zone: TimeZone): TimeTick[] {
  const spanMs = range.endMs - range.startMs;
  for (const intervalMs of INTERVALS_MS) {
    const labelWidth = labelOf(range.startMs, intervalMs).length;
    if (spanMs / intervalMs > width / (labelWidth + 2)) continue;
    return ticksEvery(intervalMs, range, zone);
  }
  return [];
}

function ticksEvery(intervalMs: number, range: TimeRange, zone: TimeZone): TimeTick[] {
  const ticks: TimeTick[] = [];
  const offsetMs = zone.offsetMs(range.startMs);
  let localMs = Math.ceil((range.startMs + offsetMs) / intervalMs) * intervalMs;
  for (;;) {
    const timeMs = localMs - zone.offsetMs(localMs - offsetMs);
    if (timeMs > range.endMs) return ticks;
    ticks.push({ timeMs, label: labelOf(localMs, intervalMs) });
    localMs += intervalMs;
  }
}

/** The label of a tick at a local time; midnight shows the date. */
function labelOf(localMs: number, intervalMs: number): string {
  const text = isoText(localMs);
  if (intervalMs >= 300 * DAY) return text.slice(0, 4);
  if (intervalMs >= 30 * DAY) return text.slice(0, 7);
  if (intervalMs >= DAY || (intervalMs >= MINUTE && localMs % DAY === 0)) return text.slice(5, 10);
  return intervalMs >= MINUTE ? text.slice(11, 16) : text.slice(11, 19);
}

/** `2026-11-22 17:05:09` in the zone's time. */
export function formatTime(timeMs: number, zone: TimeZone): string {
  return isoText(timeMs + zone.offsetMs(timeMs)).slice(0, 19);
}

function isoText(localMs: number): string {
  const date = new Date(localMs);
  return Number.isNaN(date.getTime())
    ? 'out of range       '
    : date.toISOString().replace('T', ' ');
}
