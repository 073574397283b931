import { seriesFingerprint, shardHash, shardOf } from '@mon/storage/index/series-hash';
import { labelsFromRecord, withLabel } from '@mon/storage/model/labels';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const tenant = tenantId('default');

t.test('shardHash() leaves out the metric name, le and quantile', async (t) => {
  const bucket = labelsFromRecord({ __name__: 'x_bucket', job: 'a', le: '0.5' });
  const sum = labelsFromRecord({ __name__: 'x_sum', job: 'a' });
  t.equal(shardHash(KEY, tenant, bucket), shardHash(KEY, tenant, sum));
  const quantile = withLabel(sum, 'quantile', '0.9');
  t.equal(shardHash(KEY, tenant, quantile), shardHash(KEY, tenant, sum));
  const other = withLabel(sum, 'job', 'b');
  t.not(shardHash(KEY, tenant, other), shardHash(KEY, tenant, sum));
  t.not(shardHash(KEY, tenantId('other'), sum), shardHash(KEY, tenant, sum));
});

t.test('shardHash() is pinned: it is stored in blocks', async (t) => {
  const labels = labelsFromRecord({ __name__: 'up', instance: 'höst:9100', job: 'node' });
  t.equal(shardHash(KEY, tenant, labels), shardHash(KEY, tenant, [...labels]));
  t.equal(shardHash(KEY, tenant, labels).toString(16), '2df2cf2c');
  t.same(
    seriesFingerprint(KEY, tenant, labels).map((half) => half.toString(16)),
    ['4204984a', '399e331c'],
  );
});

t.test('seriesFingerprint() tells apart sets whose texts run together', async (t) => {
  const prints = [
    ['a', 'bc'],
    ['ab', 'c'],
    ['a', 'b', 'c', 'd'],
    ['a', 'bcd'],
    ['é', 'x'],
    ['e', 'x'],
  ].map((labels) => seriesFingerprint(KEY, tenant, labels).join());
  t.equal(new Set(prints).size, prints.length);
});

t.test('seriesFingerprint() takes labels of any length', async (t) => {
  const long = 'ü'.repeat(100_000);
  t.same(
    seriesFingerprint(KEY, tenant, ['a', long]),
    seriesFingerprint(KEY, tenant, ['a', `${long}`]),
  );
  t.notSame(
    seriesFingerprint(KEY, tenant, ['a', long]),
    seriesFingerprint(KEY, tenant, ['a', `${long}ü`]),
  );
});

t.test('shardOf() spreads evenly and stays below the count', async (t) => {
  t.equal(shardOf(0xffff_ffff, 3), 2);
  t.equal(shardOf(0, 3), 0);
  const counts = [0, 0, 0];
  for (let i = 0; i < 3000; i++) {
    const shard = shardOf(shardHash(KEY, tenant, ['host', `host_${i}`]), 3);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  for (const count of counts) t.ok(count > 850 && count < 1150, `${count} of 3000`);
});
