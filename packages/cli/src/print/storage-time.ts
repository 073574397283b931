/**
 * Times and time ranges of stored samples, as short as they are clear: UTC, minutes.
 */

/** `2026-01-31 12:05`; '' for none. */
export function formatMinute(timeMs: number | undefined): string {
  if (timeMs === undefined || !Number.isFinite(timeMs)) return '';
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return `${timeMs} ms`;
  return date.toISOString().slice(0, 16).replace('T', ' ');
}

/** `2026-01-31 12:05 to 14:05`; '' where nothing is known. */
export function formatTimeRange(
  minTimeMs: number | undefined,
  maxTimeMs: number | undefined,
): string {
  const from = formatMinute(minTimeMs);
  const to = formatMinute(maxTimeMs);
  if (from === '' || to === '') return from === '' ? to : from;
  const isSameDay = from.length === 16 && from.slice(0, 11) === to.slice(0, 11);
  return `${from} to ${isSameDay ? to.slice(11) : to}`;
}
