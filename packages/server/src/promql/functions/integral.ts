/**
 * The area under the samples of a window: integral.
 *
 * NaN counts as zero. Source: Prometheus promql/functions.go, funcIntegral.
 */
import { kahanAdd, kahanTotal } from './kahan.ts';
import type { RangeFunction, RangeWindows } from './range-function.ts';

/** Which height an interval between two samples has. */
const LEFT = 0;
const RIGHT = 1;
const TRAPEZOID = 2;

const sums = new Float64Array(2);
const mean = new Float64Array(2);

export const integral: RangeFunction = (window, out, presence) => {
  const { windows, steps, args } = window;
  for (let step = 0; step < steps; step++) {
    const from = windows[2 * step] as number;
    const to = windows[2 * step + 1] as number;
    if (to === from) continue;
    const asked = args[0]?.[step] ?? TRAPEZOID;
    const isKnown = asked === LEFT || asked === RIGHT || asked === TRAPEZOID;
    if (!isKnown) window.note({ kind: 'bad-integral-strategy', strategy: asked });
    out[step] = area(window, { from, to, strategy: isKnown ? asked : TRAPEZOID });
    presence[step] = 1;
  }
};

function area(
  { timestampsMs, values }: RangeWindows,
  { from, to, strategy }: { readonly from: number; readonly to: number; readonly strategy: number },
): number {
  sums.fill(0);
  for (let i = from + 1; i < to; i++) {
    const left = nanAsZero(values[i - 1] as number);
    const right = nanAsZero(values[i] as number);
    setHeight(strategy, left, right);
    const height = mean[0] as number;
    const lost = mean[1] as number;
    if (height === 0 && lost === 0) continue;
    const seconds = ((timestampsMs[i] as number) - (timestampsMs[i - 1] as number)) / 1000;
    sums[1] = (sums[1] as number) + lost * seconds;
    kahanAdd(sums, 0, height * seconds);
  }
  const sum = sums[0] as number;
  return Math.abs(sum) === Number.POSITIVE_INFINITY ? sum : kahanTotal(sums, 0);
}

/** Writes the height of an interval, and what rounding lost of it, into `mean`. */
function setHeight(strategy: number, left: number, right: number): void {
  mean[1] = 0;
  mean[0] = strategy === LEFT ? left : right;
  if (strategy !== TRAPEZOID) return;
  mean[0] = left;
  kahanAdd(mean, 0, right);
  const overflows =
    !Number.isFinite(mean[0] as number) && Number.isFinite(left) && Number.isFinite(right);
  if (overflows) {
    mean[0] = left / 2;
    mean[1] = 0;
    kahanAdd(mean, 0, right / 2);
    return;
  }
  mean[0] = (mean[0] as number) / 2;
  mean[1] = (mean[1] as number) / 2;
}

function nanAsZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
