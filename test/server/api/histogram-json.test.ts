import { histogramJson } from '@mon/server/api/histogram-json';
import { newHistogram } from '@mon/storage/model/histogram';
import t from 'tap';

t.test('histogramJson() has the shape of Prometheus', async (t) => {
  const histogram = newHistogram({
    count: 10,
    sum: 16.5,
    zeroThreshold: 0.001,
    zeroCount: 1,
    positiveSpans: Int32Array.of(0, 3),
    positiveCounts: Float64Array.of(3, 0, 2),
    negativeSpans: Int32Array.of(1, 1),
    negativeCounts: Float64Array.of(4),
  });
  t.same(JSON.parse(histogramJson(histogram)), {
    count: '10',
    sum: '16.5',
    buckets: [
      [1, '-2', '-1', '4'],
      [3, '-0.001', '0.001', '1'],
      [0, '0.5', '1', '3'],
      [0, '2', '4', '2'],
    ],
  });
  t.equal(histogramJson(newHistogram({ sum: Number.NaN })), '{"count":"0","sum":"NaN"}');
});
