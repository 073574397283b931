import { MetricRegistry } from '@mon/server/metrics/registry';
import t from 'tap';

t.test('MetricRegistry.exposition() writes counters, gauges and histograms', async (t) => {
  const registry = new MetricRegistry();
  const counter = registry.counter({ name: 'mon_a_total', help: 'All\nA.', labels: ['why'] });
  counter.add(1, 'x"y\\z');
  counter.add(2, 'x"y\\z');
  registry.counter({ name: 'mon_b_total', help: 'B.' });
  registry.gauge({ name: 'mon_c', help: 'C.' }, () => Number.POSITIVE_INFINITY);
  const histogram = registry.histogram({ name: 'mon_d_seconds', help: 'D.' }, [1, 2]);
  for (const value of [0.5, 1, 1.5, 3]) histogram.observe(value);
  t.equal(
    registry.exposition(),
    [
      '# HELP mon_a_total All\\nA.',
      '# TYPE mon_a_total counter',
      'mon_a_total{why="x\\"y\\\\z"} 3',
      '# HELP mon_b_total B.',
      '# TYPE mon_b_total counter',
      'mon_b_total 0',
      '# HELP mon_c C.',
      '# TYPE mon_c gauge',
      'mon_c +Inf',
      '# HELP mon_d_seconds D.',
      '# TYPE mon_d_seconds histogram',
      'mon_d_seconds_bucket{le="1"} 2',
      'mon_d_seconds_bucket{le="2"} 3',
      'mon_d_seconds_bucket{le="+Inf"} 4',
      'mon_d_seconds_sum 6',
      'mon_d_seconds_count 4',
      '',
    ].join('\n'),
  );
});

t.test('MetricRegistry refuses a name twice, and names that are not its own', async (t) => {
  const registry = new MetricRegistry();
  registry.counter({ name: 'mon_a_total', help: 'A.' });
  t.throws(() => registry.counter({ name: 'mon_a_total', help: 'A.' }), /BUG/);
  t.throws(() => registry.counter({ name: 'http_total', help: 'A.' }), /BUG/);
});
