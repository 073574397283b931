import { compareSeries, sameHistogram } from '@mon/storage/index/series-order';
import { type Labels, labelsFromRecord } from '@mon/storage/model/labels';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';

const tenant = tenantId('default');
const compare = (a: Labels, b: Labels) => Math.sign(compareSeries(tenant, a, tenant, b));

t.test('compareSeries() orders by metric, labels without le, le as a number', async (t) => {
  const ordered = [
    { a: '1' },
    { __name__: 'a', z: '1' },
    { __name__: 'b' },
    { __name__: 'b', host: 'a', le: '0.5' },
    { __name__: 'b', host: 'a', le: '2.5' },
    { __name__: 'b', host: 'a', le: '10' },
    { __name__: 'b', host: 'a', le: '+Inf' },
    { __name__: 'b', host: 'a', le: 'NaN' },
    { __name__: 'b', host: 'a', le: 'wide' },
    { __name__: 'b', host: 'a', zone: '1' },
    { __name__: 'b', host: 'b', le: '0.5' },
    { __name__: 'b', zone: '0', le: '0.1' },
  ].map(labelsFromRecord);
  ordered.forEach((a, i) => {
    ordered.forEach((b, j) => {
      t.equal(compare(a, b), Math.sign(i - j), `${i} against ${j}`);
    });
  });
});

t.test('compareSeries() tells apart bounds of one number by their text', async (t) => {
  const [a, b] = ['1', '1.0'].map((le) => labelsFromRecord({ __name__: 'b', le })) as [
    Labels,
    Labels,
  ];
  t.equal(compare(a, b), -1);
  t.equal(compare(b, a), 1);
  t.equal(compare(a, a), 0);
});

t.test('compareSeries() puts the tenant first', async (t) => {
  const [a, b] = [tenantId('a'), tenantId('b')];
  t.ok(compareSeries(a, ['x', 'z'], b, ['x', 'a']) < 0);
});

t.test('sameHistogram() holds for buckets alone', async (t) => {
  const one = labelsFromRecord({ __name__: 'h_bucket', job: 'a', le: '1' });
  t.ok(sameHistogram(one, labelsFromRecord({ __name__: 'h_bucket', job: 'a', le: '+Inf' })));
  t.notOk(sameHistogram(one, labelsFromRecord({ __name__: 'h_bucket', job: 'b', le: '1' })));
  t.notOk(sameHistogram(one, labelsFromRecord({ __name__: 'g_bucket', job: 'a', le: '1' })));
  t.notOk(sameHistogram(one, labelsFromRecord({ __name__: 'h_bucket', job: 'a' })));
});
