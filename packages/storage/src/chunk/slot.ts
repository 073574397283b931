/**
 * Slots: the time axis of a block cut into equal pieces, counted from the epoch, negative before
 * it.
 *
 * A chunk is one series' samples within one slot. Slots are as wide as about 960 samples, and 1920 in
 * blocks of a day, which are there for long questions and for the years: twice as many samples take
 * 3 to 5 % less bytes, and a short question decodes 960 samples more of each series, 4 us.
 */

/** Widths a block may have. */
export const SLOT_WIDTHS_MS = [1, 2, 5, 10, 30, 60, 120, 240, 480, 1440, 2880].map(
  (min) => min * 60_000,
);
const SAMPLES_WANTED = 960;
export const SAMPLES_WANTED_DAY = 1920;
/** Where no series has two samples. */
const WIDTH_UNKNOWN_MS = 240 * 60_000;

/** The slot a timestamp falls to. */
export function slotOf(timestampMs: number, slotWidthMs: number): number {
  return Math.floor(timestampMs / slotWidthMs);
}

/**
 * The width at which a column has about as many samples as wanted: 15 s -> 4 h, 60 s -> 8 h.
 *
 * @param series what is to be stored: its series and samples, and the sum over the series of the
 *   time from first to last sample
 */
export function suitableSlotWidthMs(
  series: { readonly series: number; readonly samples: number; readonly spanMs: number },
  samplesWanted = SAMPLES_WANTED,
): number {
  const intervals = series.samples - series.series;
  if (intervals <= 0) return WIDTH_UNKNOWN_MS;
  const wantedMs = (series.spanMs / intervals) * samplesWanted;
  // A quarter more is better than the next narrower width, which may be half of it.
  return (
    SLOT_WIDTHS_MS.findLast((widthMs) => widthMs <= wantedMs * 1.25) ??
    (SLOT_WIDTHS_MS[0] as number)
  );
}

/** The first index from `from` on at which an ascending column is not below `limit`. */
export function lowerBound(ascending: Float64Array, limit: number, from = 0): number {
  let low = from;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
