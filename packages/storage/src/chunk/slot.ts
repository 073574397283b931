/**
 * Slots: the time axis of a block cut into equal pieces, counted from the epoch, negative before
 * it.
 *
 * A chunk is one series' samples within one slot. Slots are as wide as about 960 samples, and
 * 1920 where series are that long, as in blocks of a day: twice as many samples take 3 to 5 % less
 * bytes, and a question for an hour decodes about 500 samples more of each series, 3 us.
 */

/** Widths a block may have. */
export const SLOT_WIDTHS_MS = [1, 2, 5, 10, 30, 60, 120, 240, 480, 1440, 2880].map(
  (min) => min * 60_000,
);
const SAMPLES_WANTED = 960;
/** In a block whose series have at least so many samples. */
const SAMPLES_WANTED_LONG = 1920;
/** Where no series has two samples. */
const WIDTH_UNKNOWN_MS = 240 * 60_000;

/** The slot a timestamp falls to. */
export function slotOf(timestampMs: number, slotWidthMs: number): number {
  return Math.floor(timestampMs / slotWidthMs);
}

/**
 * The width at which a column has about 960 samples, or 1920: 15 s -> 4 h or 8 h, 60 s -> 8 h or
 * 24 h.
 *
 * @param series what is to be stored: its series and samples, and the sum over the series of the
 *   time from first to last sample
 * @param samplesPerSeries where the same series are counted several times
 */
export function suitableSlotWidthMs(
  series: { readonly series: number; readonly samples: number; readonly spanMs: number },
  samplesPerSeries = series.samples / series.series,
): number {
  const intervals = series.samples - series.series;
  if (intervals <= 0) return WIDTH_UNKNOWN_MS;
  const isLong = samplesPerSeries >= SAMPLES_WANTED_LONG;
  const wanted = isLong ? SAMPLES_WANTED_LONG : SAMPLES_WANTED;
  const wantedMs = (series.spanMs / intervals) * wanted;
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
