/**
 * The step of a graph whose asker names none: a round one, about one to a dot of a wide chart.
 */

const STEPS_DEFAULT = 250;

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
const STEPS_MS = [
  ...[1, 5, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * 60 * SECOND),
  ...[1, 2, 3, 6, 12, 24].map((n) => n * 3600 * SECOND),
];

/** Milliseconds between points of a range of `spanMs`. */
export function stepForSpan(spanMs: number): number {
  const wanted = spanMs / STEPS_DEFAULT;
  return STEPS_MS.find((step) => step >= wanted) ?? Math.ceil(wanted / DAY) * DAY;
}
