import t from 'tap';
import { callOver, type Sample, valueOver } from './windows.ts';

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];
const HUGE = Number.MAX_VALUE;

t.test('sum_over_time() compensates what rounding loses', async (t) => {
  t.equal(valueOver('sum_over_time', [1, 1e100, 1, -1e100]), 2);
  t.equal(valueOver('sum_over_time', Array(10).fill(0.1)), 1);
  t.equal(valueOver('sum_over_time', [1, INF]), INF);
  t.equal(valueOver('sum_over_time', [HUGE, HUGE]), INF);
  t.same(valueOver('sum_over_time', [INF, -INF]), NAN);
  t.same(valueOver('sum_over_time', [1, NAN]), NAN);
});

t.test('avg_over_time() does not overflow where the mean does not', async (t) => {
  t.equal(valueOver('avg_over_time', [1, 2, 6]), 3);
  t.equal(valueOver('avg_over_time', [1, 1e100, 1, -1e100]), 0.5);
  const mean = valueOver('avg_over_time', [HUGE, HUGE, HUGE]) ?? 0;
  t.ok(Math.abs(mean / HUGE - 1) < 1e-15);
  t.equal(valueOver('avg_over_time', [-HUGE, -HUGE]), -HUGE);
  t.equal(valueOver('avg_over_time', [1, INF, 2]), INF);
  t.same(valueOver('avg_over_time', [INF, -INF]), NAN);
  t.same(valueOver('avg_over_time', [NAN, 1]), NAN);
});

t.test('stdvar_over_time() and stddev_over_time() are of the population', async (t) => {
  t.equal(valueOver('stdvar_over_time', [2, 4, 4, 4, 5, 5, 7, 9]), 4);
  t.equal(valueOver('stddev_over_time', [2, 4, 4, 4, 5, 5, 7, 9]), 2);
  t.equal(valueOver('stdvar_over_time', [1e9 + 1, 1e9 + 2, 1e9 + 3]), 2 / 3);
  t.equal(valueOver('stddev_over_time', [5]), 0);
  t.same(valueOver('stddev_over_time', [1, INF]), NAN);
});

t.test('min_over_time() and max_over_time() pass over NaN', async (t) => {
  t.equal(valueOver('min_over_time', [NAN, 3, 1, NAN, 2]), 1);
  t.equal(valueOver('max_over_time', [NAN, 3, 1, NAN, 2]), 3);
  t.same(valueOver('max_over_time', [NAN, NAN]), NAN);
  t.equal(valueOver('min_over_time', [1, -INF]), -INF);
});

t.test('count, present, first and last over time look at any sample', async (t) => {
  t.equal(valueOver('count_over_time', [NAN, 1, 2]), 3);
  t.equal(valueOver('present_over_time', [NAN]), 1);
  t.equal(valueOver('first_over_time', [4, 1, 2]), 4);
  t.equal(valueOver('last_over_time', [4, 1, 2]), 2);
});

t.test('ts_of_*_over_time() give seconds, of equal extremes the last', async (t) => {
  const samples: Sample[] = [
    [10.5, 1],
    [20, 3],
    [30, 1],
    [40, 3],
    [50, NAN],
  ];
  const asked = { at: [50], rangeS: 100 };
  t.same(callOver('ts_of_first_over_time', samples, asked).values, [10.5]);
  t.same(callOver('ts_of_last_over_time', samples, asked).values, [50]);
  t.same(callOver('ts_of_min_over_time', samples, asked).values, [30]);
  t.same(callOver('ts_of_max_over_time', samples, asked).values, [40]);
});

t.test('functions over time give nothing for an empty window', async (t) => {
  const samples: Sample[] = [[10, 1]];
  const names = ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'first', 'last', 'present'];
  for (const name of names) {
    // The sample at 10 s is outside of (10, 20] and inside of (0, 10].
    const { values } = callOver(`${name}_over_time`, samples, { at: [10, 20, 30], rangeS: 10 });
    t.not(values[0], undefined, name);
    t.same(values.slice(1), [undefined, undefined], name);
  }
});

t.test('quantile_over_time() interpolates between ranks', async (t) => {
  const values = [5, 1, 3, 2];
  t.equal(valueOver('quantile_over_time', values, [0]), 1);
  t.equal(valueOver('quantile_over_time', values, [0.5]), 2.5);
  t.equal(valueOver('quantile_over_time', values, [1]), 5);
  t.equal(valueOver('quantile_over_time', values, [0.9]), 3 * (1 - 0.7) + 5 * 0.7);
  t.equal(valueOver('quantile_over_time', [7], [0.3]), 7);
  t.equal(valueOver('quantile_over_time', values, [-1]), -INF);
  t.equal(valueOver('quantile_over_time', values, [2]), INF);
  t.same(valueOver('quantile_over_time', values, [NAN]), NAN);
});

t.test('quantile_over_time() takes NaN for the smallest value', async (t) => {
  t.same(valueOver('quantile_over_time', [2, NAN, 1], [0]), NAN);
  t.equal(valueOver('quantile_over_time', [2, NAN, 1], [0.5]), 1);
  t.equal(valueOver('quantile_over_time', [2, NAN, 1], [1]), 2);
});

t.test('quantile_over_time() notes a quantile that is none', async (t) => {
  const asked = { at: [1, 2, 50], rangeS: 10, args: [1.5] };
  const { notes } = callOver('quantile_over_time', [[1, 1]], asked);
  t.same(notes, [{ kind: 'bad-quantile', quantile: 1.5 }]);
});

t.test('mad_over_time() is the median distance from the median', async (t) => {
  t.equal(valueOver('mad_over_time', [4, 6, 2, 1, 999, 1, 2]), 1);
  t.equal(valueOver('mad_over_time', [1]), 0);
  t.same(valueOver('mad_over_time', [1, NAN, 2]), NAN);
});

t.test('changes() and resets() count pairs', async (t) => {
  t.equal(valueOver('changes', [1, 1, 2, 1, NAN, NAN, 1]), 4);
  t.equal(valueOver('resets', [1, 5, 2, 2, 1, NAN, 0]), 2);
  t.equal(valueOver('resets', [3]), 0);
  const samples = [3, 1, 2, 0, 0, 5].map((value, i): Sample => [i, value]);
  t.same(callOver('changes', samples, { at: [1, 2, 5], rangeS: 2 }).values, [1, 1, 1]);
  t.same(callOver('resets', samples, { at: [1, 3, 9], rangeS: 2 }).values, [1, 1, undefined]);
});

t.test('deriv() is the slope of the line of least squares', async (t) => {
  t.equal(valueOver('deriv', [0, 10, 20, 30]), 10);
  t.equal(valueOver('deriv', [1, 3, 2, 4]), 0.8);
  t.equal(valueOver('deriv', [5, 5, 5]), 0);
  t.same(valueOver('deriv', [INF, INF]), NAN);
  t.equal(valueOver('deriv', [5]), undefined);
});

t.test('predict_linear() counts from the time of evaluation, also with an offset', async (t) => {
  const samples: Sample[] = [
    [10, 10],
    [20, 20],
    [30, 30],
  ];
  const { values } = callOver('predict_linear', samples, { at: [30, 40], rangeS: 100, args: [60] });
  t.same(values, [90, 100]);
  const moved = { at: [130], rangeS: 100, args: [0], offsetS: 100 };
  t.same(callOver('predict_linear', samples, moved).values, [130]);
});

t.test('double_exponential_smoothing() follows level and trend', async (t) => {
  // Level and slope of a straight line are found at once.
  t.equal(valueOver('double_exponential_smoothing', [10, 20, 30, 40], [0.5, 0.5]), 40);
  // 1, then 0.5*5 + 0.5*(1+4) = 5, then slope 0.5*4 + 0.5*4 = 4: 0.5*1 + 0.5*(5+4) = 5.
  t.equal(valueOver('double_exponential_smoothing', [1, 5, 1], [0.5, 0.5]), 5);
  t.equal(valueOver('double_exponential_smoothing', [1], [0.5, 0.5]), undefined);
  t.throws(() => valueOver('double_exponential_smoothing', [1, 2], [0, 0.5]), {
    code: 'query-failed',
    why: 'invalid smoothing factor. Expected: 0 < sf < 1, got: 0.000000',
  });
  t.throws(() => valueOver('double_exponential_smoothing', [1, 2], [0.5, 1]), {
    code: 'query-failed',
    why: 'invalid trend factor. Expected: 0 < tf < 1, got: 1.000000',
  });
});

t.test('integral() is the area by the asked rule', async (t) => {
  t.equal(valueOver('integral', [1, 3, 5]), 6);
  t.equal(valueOver('integral', [1, 3, 5], [0]), 4);
  t.equal(valueOver('integral', [1, 3, 5], [1]), 8);
  t.equal(valueOver('integral', [2, NAN, 4]), 3);
  t.equal(valueOver('integral', [HUGE, HUGE]), HUGE);
  t.equal(valueOver('integral', [1]), 0);
  const { values, notes } = callOver(
    'integral',
    [
      [1, 2],
      [2, 4],
    ],
    { at: [2], rangeS: 5, args: [7] },
  );
  t.same(values, [3]);
  t.same(notes, [{ kind: 'bad-integral-strategy', strategy: 7 }]);
});
