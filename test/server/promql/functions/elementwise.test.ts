import t from 'tap';
import { callWith, GRID, mapped } from './vectors.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];

t.test('functions of single values compute each present value and drop the name', async (t) => {
  const rows = [
    [{ __name__: 'm', a: 'b' }, -1.5, undefined, 4],
    [{ a: 'c' }, NAN, INF, 0],
  ] as const;
  t.same(callWith('abs', rows).rows, [
    [{ a: 'b' }, 1.5, undefined, 4],
    [{ a: 'c' }, NAN, INF, 0],
  ]);
  t.same(mapped('ceil', [1.2, -1.2]), [2, -1]);
  t.same(mapped('floor', [1.2, -1.2]), [1, -2]);
  t.same(mapped('sgn', [-3, 0, 5, NAN, -INF]), [-1, 0, 1, NAN, -1]);
  t.same(mapped('sqrt', [4, -1]), [2, NAN]);
  t.same(mapped('exp', [0, INF]), [1, INF]);
  t.same(mapped('ln', [1, 0, -1]), [0, -INF, NAN]);
  t.same(mapped('log2', [8, 0.5]), [3, -1]);
  t.same(mapped('log10', [1000, 0.01]), [3, -2]);
  t.same(mapped('deg', [Math.PI]), [180]);
  t.same(mapped('rad', [180]), [Math.PI]);
});

t.test('trigonometric functions are in radians', async (t) => {
  for (const name of ['sin', 'tan', 'asin', 'atan', 'sinh', 'tanh', 'asinh', 'atanh']) {
    t.same(mapped(name, [0]), [0], name);
  }
  for (const name of ['cos', 'cosh']) t.same(mapped(name, [0]), [1], name);
  for (const name of ['acos', 'acosh']) t.same(mapped(name, [1]), [0], name);
  t.same(mapped('acos', [2]), [NAN]);
});

t.test('round() goes to the nearest multiple, halves up', async (t) => {
  t.same(mapped('round', [2.5, -2.5, 2.4, NAN, INF]), [3, -2, 2, NAN, INF]);
  t.same(mapped('round', [7, 8, -7.6], 5), [5, 10, -10]);
  t.same(mapped('round', [0.123456], 0.001), [0.123]);
  t.same(mapped('round', [5], 0), [NAN]);
});

t.test('clamp() keeps values within bounds, and none where the bounds cross', async (t) => {
  t.same(mapped('clamp', [-5, 0, 5, NAN], -1, 1), [-1, 0, 1, NAN]);
  t.same(mapped('clamp', [0, 1], 1, -1), [undefined, undefined]);
  t.same(mapped('clamp', [0], NAN, 1), [NAN]);
  t.same(mapped('clamp_min', [-5, 5, NAN], 0), [0, 5, NAN]);
  t.same(mapped('clamp_max', [-5, 5, NAN], 0), [-5, 0, NAN]);
});

t.test('timestamp() gives the time of the step', async (t) => {
  const { startMs, stepMs } = GRID;
  t.same(callWith('timestamp', [[{ __name__: 'm', a: 'b' }, 7, undefined, 9]]).rows, [
    [{ a: 'b' }, startMs / 1000, undefined, (startMs + 2 * stepMs) / 1000],
  ]);
});

t.test('date functions read values as seconds in UTC', async (t) => {
  // 2024-02-29T23:59:59Z, 1970-01-01T00:00:00Z, 1969-12-31T23:59:58Z, 2000-12-31T12:30:00Z
  const times = [1_709_251_199, 0, -2, 978_265_800];
  t.same(mapped('year', times), [2024, 1970, 1969, 2000]);
  t.same(mapped('month', times), [2, 1, 12, 12]);
  t.same(mapped('day_of_month', times), [29, 1, 31, 31]);
  t.same(mapped('day_of_week', times), [4, 4, 3, 0]);
  t.same(mapped('day_of_year', times), [60, 1, 365, 366]);
  t.same(mapped('days_in_month', times), [29, 31, 31, 31]);
  t.same(mapped('hour', times), [23, 0, 23, 12]);
  t.same(mapped('minute', times), [59, 0, 59, 30]);
  t.same(mapped('minute', [59.9, -0.5]), [0, 0]);
  t.same(mapped('year', [NAN, INF, 1e19, 1e15]), [NAN, NAN, NAN, 31_690_708]);
});

t.test('date functions agree with Date on every day of 800 years', async (t) => {
  const days = Array.from({ length: 800 * 365 }, (_, i) => (i - 400 * 365) * 86_400);
  const dates = days.map((seconds) => new Date(seconds * 1000));
  t.same(
    mapped('year', days),
    dates.map((date) => date.getUTCFullYear()),
  );
  t.same(
    mapped('month', days),
    dates.map((date) => date.getUTCMonth() + 1),
  );
  t.same(
    mapped('day_of_month', days),
    dates.map((date) => date.getUTCDate()),
  );
  t.same(
    mapped('day_of_week', days),
    dates.map((date) => date.getUTCDay()),
  );
});
