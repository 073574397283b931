/**
 * Aggregations of the samples in a window: sum, avg, min, max, count, stddev, stdvar, first, last,
 * present, and when the extremes were.
 *
 * Sums are compensated. Minimum and maximum pass over NaN unless there is nothing else.
 * Source: Prometheus promql/functions.go, func*OverTime.
 */
import { kahanAdd, kahanTotal } from './kahan.ts';
import { perWindow, type RangeFunction, type WindowReducer } from './range-function.ts';

const sums = new Float64Array(4);

// The two most used sums are written out: kahanAdd through memory takes more than twice the time.

export const sumOverTime = perWindow((values, from, to) => {
  let sum = 0;
  let lost = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    const next = sum + value;
    if (Math.abs(next) === Number.POSITIVE_INFINITY) lost = 0;
    else if (Math.abs(sum) >= Math.abs(value)) lost += sum - next + value;
    else lost += value - next + sum;
    sum = next;
  }
  return Math.abs(sum) === Number.POSITIVE_INFINITY ? sum : sum + lost;
});

/** The mean: of the sum while that can be held, after that moved sample by sample. */
export const avgOverTime = perWindow((values, from, to) => {
  let sum = values[from] as number;
  let lost = 0;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number;
    const next = sum + value;
    if (Math.abs(next) === Number.POSITIVE_INFINITY) {
      sums[0] = sum / (i - from);
      sums[1] = lost / (i - from);
      return movedMean(values, { from, next: i, to });
    }
    if (Math.abs(sum) >= Math.abs(value)) lost += sum - next + value;
    else lost += value - next + sum;
    sum = next;
  }
  const count = to - from;
  return sum / count + lost / count;
});

/** Goes on from the mean in `sums` with the samples from `next`. */
function movedMean(
  values: Float64Array,
  { from, next, to }: { readonly from: number; readonly next: number; readonly to: number },
): number {
  for (let i = next; i < to; i++) {
    const count = i - from + 1;
    const weight = (count - 1) / count;
    sums[0] = weight * (sums[0] as number);
    sums[1] = weight * (sums[1] as number);
    kahanAdd(sums, 0, (values[i] as number) / count);
  }
  return kahanTotal(sums, 0);
}

/** Welford's method, mean and squares both compensated. */
const variance: WindowReducer = (values, from, to) => {
  sums.fill(0);
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    const distance = value - kahanTotal(sums, 0);
    kahanAdd(sums, 0, distance / (i - from + 1));
    kahanAdd(sums, 1, distance * (value - kahanTotal(sums, 0)));
  }
  return kahanTotal(sums, 1) / (to - from);
};

export const stdvarOverTime = perWindow(variance);
export const stddevOverTime = perWindow((values, from, to) =>
  Math.sqrt(variance(values, from, to)),
);

export const countOverTime = perWindow((_values, from, to) => to - from);
export const presentOverTime = perWindow(() => 1);
export const firstOverTime = perWindow((values, from) => values[from] as number);
export const lastOverTime = perWindow((values, _from, to) => values[to - 1] as number);

export const minOverTime = perWindow((values, from, to) => {
  let least = values[from] as number;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number;
    if (value < least || Number.isNaN(least)) least = value;
  }
  return least;
});

export const maxOverTime = perWindow((values, from, to) => {
  let most = values[from] as number;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number;
    if (value > most || Number.isNaN(most)) most = value;
  }
  return most;
});

/** The last of equal minima. */
const whereMin: WindowReducer = (values, from, to) => {
  let where = from;
  for (let i = from + 1; i < to; i++) {
    const least = values[where] as number;
    if ((values[i] as number) <= least || Number.isNaN(least)) where = i;
  }
  return where;
};

/** The last of equal maxima. */
const whereMax: WindowReducer = (values, from, to) => {
  let where = from;
  for (let i = from + 1; i < to; i++) {
    const most = values[where] as number;
    if ((values[i] as number) >= most || Number.isNaN(most)) where = i;
  }
  return where;
};

export const tsOfFirstOverTime = timeOf((_values, from) => from);
export const tsOfLastOverTime = timeOf((_values, _from, to) => to - 1);
export const tsOfMinOverTime = timeOf(whereMin);
export const tsOfMaxOverTime = timeOf(whereMax);

/** The time, in seconds, of the sample whose index `where` gives. */
function timeOf(where: WindowReducer): RangeFunction {
  const indices = perWindow(where);
  return (window, out, presence) => {
    indices(window, out, presence);
    for (let step = 0; step < window.steps; step++) {
      if (presence[step] === 0) continue;
      out[step] = (window.timestampsMs[out[step] as number] as number) / 1000;
    }
  };
}
