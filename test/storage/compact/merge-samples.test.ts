import { type SampleColumns, SampleMerger } from '@mon/storage/compact/merge-samples';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import t from 'tap';
import { bitText } from '../block/block-fixture.ts';
import { seededRandom } from '../encoding/seeded-random.ts';

const columns = (pairs: readonly (readonly [number, number])[]): SampleColumns => ({
  timestampsMs: Float64Array.from(pairs, ([timeMs]) => timeMs),
  values: Float64Array.from(pairs, ([, value]) => value),
});
const pairsOf = ({ timestampsMs, values }: SampleColumns) =>
  [...timestampsMs].map((timeMs, i) => [timeMs, values[i]]);

t.test('SampleMerger takes the later part at equal times', async (t) => {
  const merger = new SampleMerger();
  const merged = merger.merge([
    columns([
      [1, 10],
      [3, 30],
      [5, 50],
    ]),
    columns([
      [3, 31],
      [4, 41],
    ]),
    columns([
      [0, 2],
      [3, 32],
      [9, 92],
    ]),
  ]);
  t.same(pairsOf(merged), [
    [0, 2],
    [1, 10],
    [3, 32],
    [4, 41],
    [5, 50],
    [9, 92],
  ]);
});

t.test('SampleMerger joins parts that follow each other into one shared array', async (t) => {
  const merger = new SampleMerger();
  const early = Float64Array.of(1, 2);
  const late = Float64Array.of(3, 4);
  const merge = (value: number) =>
    merger.merge([
      { timestampsMs: late, values: Float64Array.of(value, value) },
      { timestampsMs: early, values: Float64Array.of(0, 0) },
    ]);
  const [a, b] = [merge(7), merge(8)];
  t.same([...a.timestampsMs], [1, 2, 3, 4]);
  t.same([...b.values], [0, 0, 8, 8]);
  t.equal(a.timestampsMs, b.timestampsMs);
});

t.test('SampleMerger agrees with a map over random parts, bit by bit', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 300; round++) {
    const expected = new Map<number, string>();
    const parts = Array.from({ length: 1 + random.below(5) }, () => {
      const times = new Set(Array.from({ length: 1 + random.below(30) }, () => random.below(60)));
      const timestampsMs = Float64Array.from(times).sort();
      const values = Float64Array.from(timestampsMs, () => random.next());
      if (random.next() < 0.3) setStaleAt(bitsOf(values), 0);
      timestampsMs.forEach((timeMs, i) => {
        expected.set(timeMs, bitText(values.subarray(i, i + 1)));
      });
      return { timestampsMs, values };
    });
    const merged = new SampleMerger().merge(parts);
    const found = [...merged.timestampsMs].map((timeMs, i) => [
      timeMs,
      bitText(merged.values.subarray(i, i + 1)),
    ]);
    t.same(
      found,
      [...expected].sort(([a], [b]) => a - b),
      `round ${round}`,
    );
  }
});
