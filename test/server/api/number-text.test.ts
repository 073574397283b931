import { timeText, valueText } from '@mon/server/api/number-text';
import t from 'tap';

t.test('valueText() writes what Prometheus writes', async (t) => {
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1.5, '1.5'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [-1.25e300, '-1.25e+300'],
    [0.000001, '0.000001'],
    [1e-7, '1e-07'],
    [5e-324, '5e-324'],
    [123456789012345680, '123456789012345680'],
    [0.1 + 0.2, '0.30000000000000004'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
  ];
  for (const [value, text] of cases) t.equal(valueText(value), text);
});

t.test('timeText() writes seconds with milliseconds where there are any', async (t) => {
  t.equal(timeText(1_435_781_430_781), '1435781430.781');
  t.equal(timeText(1_435_781_430_000), '1435781430');
  t.equal(timeText(1_435_781_430_005), '1435781430.005');
  t.equal(timeText(0), '0');
  t.equal(timeText(-1500), '-1.500');
  t.equal(timeText(-5), '-0.005');
});
