import {
  CUSTOM_SCHEMA,
  histogramFault,
  type NativeHistogram,
  newHistogram,
  staleHistogram,
} from '@mon/storage/model/histogram';
import t from 'tap';
import { seededRandom } from '../encoding/seeded-random.ts';
import { randomHistogram, someHistogram } from '../histogram-fixture.ts';

const custom = (fields: Partial<NativeHistogram> = {}) =>
  newHistogram({
    schema: CUSTOM_SCHEMA,
    count: 3,
    sum: 1,
    positiveSpans: Int32Array.of(0, 3),
    positiveCounts: Float64Array.of(1, 1, 1),
    customBounds: Float64Array.of(0.1, 1),
    ...fields,
  });

t.test('histogramFault() takes what Prometheus takes', async (t) => {
  const random = seededRandom(t);
  t.equal(histogramFault(someHistogram()), undefined);
  t.equal(histogramFault(staleHistogram()), undefined);
  t.equal(histogramFault(newHistogram()), undefined);
  t.equal(histogramFault(custom()), undefined, 'the last bucket of custom bounds has none');
  for (let i = 0; i < 500; i++) t.equal(histogramFault(randomHistogram(random)), undefined);
});

t.test('histogramFault() names what is wrong', async (t) => {
  const some = (fields: Partial<NativeHistogram>) => ({ ...someHistogram(), ...fields });
  const cases: readonly (readonly [RegExp, NativeHistogram])[] = [
    [/schema is 9/, some({ schema: 9 })],
    [/schema is -5/, some({ schema: -5 })],
    [/spans describe 3 buckets, and it has 2/, some({ positiveCounts: Float64Array.of(1, 2) })],
    [/span 1 has the negative offset -1/, some({ positiveSpans: Int32Array.of(1, 2, -1, 1) })],
    [/span 1 has the length 4294967295/, some({ positiveSpans: Int32Array.of(1, 4, 0, -1) })],
    [/reaches beyond bucket/, some({ positiveSpans: Int32Array.of(2 ** 30, 3) })],
    [/bucket 1 has the negative count -4/, someHistogram(-4)],
    [/hold 10 observations, and its count is 9/, some({ count: 9 })],
    [/hold 10 observations, and its count is 9/, some({ count: 9, sum: Number.NaN })],
    [/zero bucket has the negative count/, some({ kind: 'float', zeroCount: -1 })],
    [/its count is -1/, some({ kind: 'float', count: -1 })],
    [/has custom bounds/, some({ customBounds: Float64Array.of(1) })],
    [/zero threshold is NaN/, some({ zeroThreshold: Number.NaN })],
    [/beyond 2\^53/, some({ count: 2 ** 54, zeroCount: 2 ** 54 - 9 })],
    [/custom bound 1 \(0.1\) is not above/, custom({ customBounds: Float64Array.of(0.1, 0.1) })],
    [/custom bound 0 is NaN/, custom({ customBounds: Float64Array.of(Number.NaN, 1) })],
    [/last custom bound is \+Inf/, custom({ customBounds: Float64Array.of(1, Infinity) })],
    [/spans reach bucket 3/, custom({ customBounds: Float64Array.of(1) })],
    [/starts before/, custom({ positiveSpans: Int32Array.of(-1, 3) })],
    [/has a zero count/, custom({ zeroCount: 1, count: 4 })],
    [/has a zero threshold/, custom({ zeroThreshold: 0.1 })],
    [/has negative buckets/, custom({ negativeSpans: Int32Array.of(0, 0) })],
  ];
  for (const [reason, histogram] of cases) t.match(histogramFault(histogram), reason);
  const wide = new Float64Array(5000);
  t.match(
    histogramFault(some({ positiveSpans: Int32Array.of(0, 5000), positiveCounts: wide })),
    /has 5000 buckets/,
  );
});

t.test('histogramFault() leaves float counts that do not add up', async (t) => {
  t.equal(histogramFault({ ...someHistogram(), kind: 'float', count: 9.5 }), undefined);
  const nan = { ...someHistogram(), sum: Number.NaN, count: 11 };
  t.equal(histogramFault(nan), undefined, 'observations of NaN are in no bucket');
});
