import type { BlockSeries } from '@mon/storage/block/block-series';
import { withLanes } from '@mon/storage/compact/merge-lanes';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import { bytesOf, runOf, someHistogram } from '../histogram-fixture.ts';

const part = (times: number[], lanes: Partial<BlockSeries> = {}): BlockSeries => ({
  tenant: DEFAULT_TENANT,
  labels: ['__name__', 'h'],
  shardHash: 1,
  timestampsMs: Float64Array.from(times),
  values: Float64Array.from(times),
  ...lanes,
});
const exemplar = (timestampMs: number) => ({ labels: ['id', 'a'], value: 1, timestampMs });

t.test('withLanes() leaves floats as they are where there is nothing else', async (t) => {
  const floats = part([1, 2]);
  t.equal(withLanes(floats, [part([1]), part([2])]), floats);
});

t.test('withLanes() merges histograms by time, the later part being right', async (t) => {
  const merged = withLanes(part([1, 2, 3]), [
    part([1, 2], { histograms: runOf([[5, someHistogram(1)]]), exemplars: [exemplar(1)] }),
    part([3], {
      histograms: runOf([
        [2, someHistogram(2)],
        [5, someHistogram(3)],
      ]),
      exemplars: [exemplar(1), exemplar(2)],
    }),
  ]);
  t.same([...merged.timestampsMs], [1, 3], 'a histogram stands in the place of a float');
  t.same([...merged.values], [1, 3]);
  t.same([...(merged.histograms?.timestampsMs ?? [])], [2, 5]);
  const wanted = Buffer.concat([bytesOf(someHistogram(2)), bytesOf(someHistogram(3))]);
  t.same(Buffer.from(merged.histograms?.bytes ?? []), wanted);
  t.same(merged.exemplars, [exemplar(1), exemplar(2)]);
});
