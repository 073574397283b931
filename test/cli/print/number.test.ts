import { formatAge, formatExact, formatNumber, type Unit, unitOf } from '@mon/cli/print/number';
import t from 'tap';

t.test('formatNumber() keeps three digits, a prefix and the unit', async (t) => {
  const cases: [number, Unit, string][] = [
    [0, 'none', '0'],
    [7, 'none', '7'],
    [0.012345, 'none', '0.0123'],
    [1.5, 'none', '1.50'],
    [99.96, 'none', '100'],
    [999, 'none', '999'],
    [999.6, 'none', '1.00k'],
    [12345, 'none', '12.3k'],
    [-12345678, 'none', '-12.3M'],
    [1e21, 'none', '1000E'],
    [0.0000004, 'none', '400n'],
    [Number.NaN, 'bytes', 'NaN'],
    [Number.POSITIVE_INFINITY, 'seconds', '+Inf'],
    [1023, 'bytes', '1023 B'],
    [1536, 'bytes', '1.50 KiB'],
    [1024 ** 3, 'bytes', '1 GiB'],
    [2.5 * 1024 ** 2, 'bytes/s', '2.50 MiB/s'],
    [0.25, 'seconds', '250 ms'],
    [0.0000025, 'seconds', '2.50 µs'],
    [12.34, 'seconds', '12.3 s'],
    [90, 'seconds', '1m30s'],
    [-93600, 'seconds', '-1d2h'],
    [12.34, 'percent', '12.3%'],
    [0.1234, 'ratio', '12.3%'],
    [2500, '1/s', '2.50k/s'],
  ];
  for (const [value, unit, text] of cases) {
    t.equal(formatNumber(value, unit), text, `${value} ${unit}`);
  }
});

t.test('formatExact() writes what reads back equal', async (t) => {
  for (const value of [0.1, -0, 1e300, 5e-324, 123456789.123456]) {
    t.ok(Object.is(Number(formatExact(value)), value), String(value));
  }
  t.equal(formatExact(Number.NEGATIVE_INFINITY), '-Inf');
});

t.test('formatAge() shows the two largest units', async (t) => {
  t.equal(formatAge(0), '0s');
  t.equal(formatAge(59.6), '1m');
  t.equal(formatAge(3601), '1h');
  t.equal(formatAge(93784), '1d2h');
});

t.test('unitOf() reads the unit from metric names', async (t) => {
  t.equal(unitOf('node_memory_MemFree_bytes'), 'bytes');
  t.equal(unitOf('rate(node_network_receive_bytes_total{device="eth0"}[5m])'), 'bytes/s');
  t.equal(unitOf('sum by (job) (rate(http_requests_total[1m]))'), '1/s');
  t.equal(unitOf('rate(node_cpu_seconds_total[1m])'), 'none');
  t.equal(unitOf('scrape_duration_seconds'), 'seconds');
  t.equal(
    unitOf('histogram_quantile(0.9, sum by (le) (rate(http_duration_seconds_bucket[5m])))'),
    'seconds',
  );
  t.equal(unitOf('a_bytes / b_bytes'), 'none', 'arithmetic has no plain unit');
  t.equal(unitOf('up{path="/_bytes"}'), 'none', 'label values say nothing');
});
