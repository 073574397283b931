/**
 * How a counter or gauge moves through a window: rate, increase, delta, irate, idelta.
 *
 * The first three extrapolate from the samples to the ends of the window, as far as the spacing of
 * samples makes it likely that the series goes on there, and no counter to below zero.
 * Source: Prometheus promql/functions.go, extrapolatedRate and instantValue.
 */
import type { RangeFunction, RangeWindows } from './range-function.ts';
import { reachTable } from './reach-table.ts';

const NO_RESETS = new Uint32Array(0);

interface RateKind {
  readonly isCounter: boolean;
  readonly isPerSecond: boolean;
}

export const rate = extrapolated({ isCounter: true, isPerSecond: true });
export const increase = extrapolated({ isCounter: true, isPerSecond: false });
export const delta = extrapolated({ isCounter: false, isPerSecond: false });

function extrapolated({ isCounter, isPerSecond }: RateKind): RangeFunction {
  return (window, out, presence) => {
    const { values, windows, steps, derived } = window;
    // Series of one scrape share their windows, and with them what depends on times alone.
    derived.reach ??= reachTable(window, isPerSecond);
    const { sampledS, toStartS, toEndS, factors, divisorS } = derived.reach;
    const resets = isCounter ? resetsOf(values) : NO_RESETS;
    let firstReset = 0;
    let hasValue = false;
    for (let step = 0; step < steps; step++) {
      const from = windows[2 * step] as number;
      const to = windows[2 * step + 1] as number;
      if (to - from < 2) continue;
      const first = values[from] as number;
      let change = (values[to - 1] as number) - first;
      // Windows move forward, but for those pinned by @, which stay.
      while (firstReset < resets.length && (resets[firstReset] as number) <= from) firstReset++;
      for (let i = firstReset; i < resets.length && (resets[i] as number) < to; i++) {
        change += values[(resets[i] as number) - 1] as number;
      }
      let factor = factors[step] as number;
      const sampled = sampledS[step] as number;
      if (isCounter && change > 0 && first >= 0) {
        // Where a straight line through the samples meets zero, if that is nearer than the start.
        if (first * sampled < (toStartS[step] as number) * change) {
          const toZeroS = sampled * (first / change);
          factor = (sampled + toZeroS + (toEndS[step] as number)) / sampled / divisorS;
        }
      }
      out[step] = change * factor;
      presence[step] = 1;
      hasValue = true;
    }
    if (isCounter && hasValue) window.note({ kind: 'counter-expected' });
  };
}

/** Indices of samples below the one before, ascending. */
function resetsOf(values: Float64Array): Uint32Array {
  const count = countResets(values);
  if (count === 0) return NO_RESETS;
  const resets = new Uint32Array(count);
  let found = 0;
  for (let i = 1; i < values.length; i++) {
    if ((values[i] as number) < (values[i - 1] as number)) resets[found++] = i;
  }
  return resets;
}

function countResets(values: Float64Array): number {
  let count = 0;
  let before = values[0] as number;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    if (value < before) count++;
    before = value;
  }
  return count;
}

/** Per-second rate between the last two samples; after a reset, from zero. */
export function irate(window: RangeWindows, out: Float64Array, presence: Uint8Array): void {
  lastStep(window, out, presence);
  const { values, timestampsMs, windows, steps } = window;
  for (let step = 0; step < steps; step++) {
    if (presence[step] === 0) continue;
    const last = (windows[2 * step + 1] as number) - 1;
    const value = values[last] as number;
    if (value < (values[last - 1] as number)) out[step] = value;
    const apartMs = (timestampsMs[last] as number) - (timestampsMs[last - 1] as number);
    out[step] = (out[step] as number) / (apartMs / 1000);
  }
}

/** Difference of the last two samples. */
export function idelta(window: RangeWindows, out: Float64Array, presence: Uint8Array): void {
  lastStep(window, out, presence);
}

function lastStep(
  { values, windows, steps }: RangeWindows,
  out: Float64Array,
  presence: Uint8Array,
): void {
  for (let step = 0; step < steps; step++) {
    const to = windows[2 * step + 1] as number;
    if (to - (windows[2 * step] as number) < 2) continue;
    out[step] = (values[to - 1] as number) - (values[to - 2] as number);
    presence[step] = 1;
  }
}
