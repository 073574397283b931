import t from 'tap';
import { callOver, type Sample } from './windows.ts';

/** A sample every 10 s from `firstS`. */
function every10(firstS: number, values: readonly number[]): Sample[] {
  return values.map((value, i) => [firstS + 10 * i, value]);
}

t.test('rate() and increase() extrapolate to both ends of the window', async (t) => {
  // 10..60 within (0, 60]: the first sample is 10 s after the start, as far as they are apart.
  const samples = every10(10, [10, 20, 30, 40, 50, 60]);
  t.same(callOver('increase', samples, { at: [60], rangeS: 60 }).values, [60]);
  t.same(callOver('rate', samples, { at: [60], rangeS: 60 }).values, [1]);
  t.same(callOver('delta', samples, { at: [60], rangeS: 60 }).values, [60]);
});

t.test('increase() goes half a spacing beyond samples that end within the window', async (t) => {
  // 5 s to the start would be below zero: 100 is far enough above it.
  const samples = every10(50, [100, 110, 120]);
  // Sampled 20 s of growth 20; start 50 s away -> 5 s; end 30 s away -> 5 s.
  t.same(callOver('increase', samples, { at: [100], rangeS: 100 }).values, [20 * (30 / 20)]);
});

t.test('increase() does not extrapolate a counter to below zero', async (t) => {
  const samples = every10(10, [2, 22]);
  // A line through them meets zero 1 s before the first sample, though the window starts 10 s before.
  t.same(callOver('increase', samples, { at: [20], rangeS: 20 }).values, [20 * (11 / 10)]);
  t.same(callOver('delta', samples, { at: [20], rangeS: 20 }).values, [20 * (20 / 10)]);
});

t.test('increase() adds what a reset took away', async (t) => {
  const samples = every10(10, [100, 110, 3, 13, 1]);
  const plain = 1 - 100 + 110 + 13;
  const factor = (40 + 10 + 0) / 40;
  t.same(callOver('increase', samples, { at: [50], rangeS: 50 }).values, [plain * factor]);
});

t.test('increase() counts only resets within each window', async (t) => {
  const samples = every10(10, [5, 1, 2, 0, 4]);
  const { values } = callOver('increase', samples, { at: [20, 30, 40, 50, 50], rangeS: 20 });
  // 5 -> 1 is a growth of 1; the zero point lies 50 s back, so the whole 10 s count.
  t.same(values[0], (1 - 5 + 5) * (20 / 10));
  t.same(values[1], (2 - 1) * (20 / 10));
  t.same(values[2], 0);
  // From 0 there is nothing to extrapolate to the left.
  t.same(values[3], 4);
  t.same(values[4], 4);
});

t.test('rate() needs two samples in the left-open window', async (t) => {
  const samples = every10(0, [1, 2, 3]);
  const { values, notes } = callOver('rate', samples, { at: [10, 20, 25, 40], rangeS: 10 });
  t.same(values, [undefined, undefined, undefined, undefined]);
  t.same(notes, []);
  t.equal(callOver('rate', samples, { at: [10], rangeS: 11 }).values.length, 1);
});

t.test('rate() notes that it takes its series for a counter', async (t) => {
  const samples = every10(10, [1, 2, 3]);
  t.same(callOver('rate', samples, { at: [30, 40], rangeS: 30 }).notes, [
    { kind: 'counter-expected' },
  ]);
  t.same(callOver('delta', samples, { at: [30], rangeS: 30 }).notes, []);
});

t.test('rate() carries NaN and infinities through', async (t) => {
  const at = { at: [30], rangeS: 30 };
  t.same(callOver('rate', every10(10, [1, Number.NaN, 3]), at).values, [2 * (30 / 20) * (1 / 30)]);
  t.same(callOver('rate', every10(10, [Number.NaN, 1, 3]), at).values, [Number.NaN]);
  t.same(callOver('delta', every10(10, [1, 2, Number.POSITIVE_INFINITY]), at).values, [
    Number.POSITIVE_INFINITY,
  ]);
});

t.test('irate() and idelta() look at the last two samples', async (t) => {
  const samples: Sample[] = [
    [10, 100],
    [20, 110],
    [25, 5],
    [35, 25],
  ];
  const asked = { at: [20, 25, 35, 60], rangeS: 20 };
  t.same(callOver('irate', samples, asked).values, [1, 1, 2, undefined]);
  t.same(callOver('idelta', samples, asked).values, [10, -105, 20, undefined]);
  t.same(callOver('irate', samples, { at: [22], rangeS: 5 }).values, [undefined]);
});

t.test('rate() looks at windows moved by an offset', async (t) => {
  const samples = every10(10, [10, 20, 30]);
  t.same(callOver('increase', samples, { at: [130], rangeS: 30, offsetS: 100 }).values, [30]);
});
