import { CUSTOM_SCHEMA, newHistogram } from '@mon/storage/model/histogram';
import { bucketsOf, exponentialBound } from '@mon/storage/model/histogram-buckets';
import t from 'tap';

t.test('exponentialBound() is a power of two, and rounded right between them', async (t) => {
  t.equal(exponentialBound(3, 0), 8);
  t.equal(exponentialBound(-1, -1), 0.25);
  t.equal(exponentialBound(-4, 2), 0.5);
  t.equal(exponentialBound(4, 2), 2);
  t.equal(exponentialBound(1, 1), Math.SQRT2);
  t.equal(exponentialBound(1, 3), 1.0905077326652577);
  t.equal(exponentialBound(-1, 3), 1.8340080864093424 / 2);
  t.equal(exponentialBound(1024 * 8, 3), Number.MAX_VALUE, 'the last bucket of all');
  t.equal(exponentialBound(1024, 0), Number.MAX_VALUE);
});

t.test('bucketsOf() goes from the lowest bound to the highest', async (t) => {
  const histogram = newHistogram({
    zeroThreshold: 0.5,
    zeroCount: 2,
    positiveSpans: Int32Array.of(0, 2, 1, 1),
    positiveCounts: Float64Array.of(1, 0, 3),
    negativeSpans: Int32Array.of(1, 2),
    negativeCounts: Float64Array.of(4, 5),
  });
  t.same(
    [...bucketsOf(histogram)].map(({ lower, upper, count }) => [lower, upper, count]),
    [
      [-4, -2, 5],
      [-2, -1, 4],
      [-0.5, 0.5, 2],
      [0.5, 1, 1],
      [1, 2, 0],
      [4, 8, 3],
    ],
  );
});

t.test('bucketsOf() ends custom bounds at infinity on both sides', async (t) => {
  const histogram = newHistogram({
    schema: CUSTOM_SCHEMA,
    customBounds: Float64Array.of(1, 2),
    positiveSpans: Int32Array.of(0, 3),
    positiveCounts: Float64Array.of(1, 2, 3),
  });
  t.same(
    [...bucketsOf(histogram)].map(({ lower, upper }) => [lower, upper]),
    [
      [Number.NEGATIVE_INFINITY, 1],
      [1, 2],
      [2, Number.POSITIVE_INFINITY],
    ],
  );
});
