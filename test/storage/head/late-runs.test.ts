import { CONFLICT, LateRuns, lowerBound, SAME, STORED } from '@mon/storage/head/late-runs';
import t from 'tap';
import { randomFrom } from '../random.ts';

t.test('LateRuns keeps each timestamp once, whatever the order', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  for (let round = 0; round < 200; round++) {
    const late = new LateRuns();
    const expected = new Map<number, number>();
    for (let i = next(200); i >= 0; i--) {
      const ms = next(300) - 100;
      const low = next(3);
      const known = expected.get(ms);
      const wanted = known === undefined ? STORED : known === low ? SAME : CONFLICT;
      if (late.judge(ms, low, 0) !== wanted || late.add(ms, low, 0) !== wanted) {
        t.fail(`seed ${seed}: ${ms}`);
      }
      if (known === undefined) expected.set(ms, low);
      if (next(20) === 0) late.sorted();
    }
    const sorted = late.sorted();
    const got = Array.from({ length: late.count }, (_, i) => [
      sorted.timestampsMs[i],
      sorted.valueBits[2 * i],
    ]);
    const wanted = [...expected].sort(([a], [b]) => a - b);
    t.same(got, wanted, `seed ${seed}`);
  }
});

t.test('LateRuns takes samples from new to old without trouble', async (t) => {
  const late = new LateRuns();
  for (let ms = 50_000; ms > 0; ms--) late.add(ms, ms, 0);
  t.equal(late.count, 50_000);
  t.same([...late.sorted().timestampsMs.subarray(0, 3)], [1, 2, 3]);
});

t.test('lowerBound() finds the first entry not below', async (t) => {
  const column = Float64Array.of(9, 1, 3, 3, 5, 0);
  const range = { from: 1, to: 5 };
  t.same(
    [0, 1, 2, 3, 4, 5, 6].map((ms) => lowerBound(column, ms, range)),
    [1, 1, 2, 2, 4, 4, 5],
  );
});
