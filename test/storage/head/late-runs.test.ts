import { CONFLICT, LateRuns, lowerBound, SAME, STORED } from '@mon/storage/head/late-runs';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import t from 'tap';
import { randomFrom } from '../random.ts';

const REFS = 4;

t.test('LateRuns keeps each timestamp once, whatever the order', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  const memory = new ShardMemory();
  for (let round = 0; round < 100; round++) {
    const late = new LateRuns(memory);
    const expected = Array.from({ length: REFS }, () => new Map<number, number>());
    for (let i = next(800); i >= 0; i--) {
      const ref = next(REFS);
      const held = expected[ref] as Map<number, number>;
      const ms = next(300) - 100;
      const low = next(3);
      const known = held.get(ms);
      const wanted = known === undefined ? STORED : known === low ? SAME : CONFLICT;
      if (late.judge(ref, ms, [low, 0]) !== wanted) t.fail(`seed ${seed}: ${ms}`);
      if (known !== undefined) continue;
      late.add(ref, ms, [low, 0]);
      held.set(ms, low);
      if (next(20) === 0) late.sorted(ref);
    }
    for (const [ref, held] of expected.entries()) {
      const sorted = late.sorted(ref);
      const got = Array.from({ length: late.count(ref) }, (_, i) => [
        sorted?.timestampsMs[i],
        sorted?.valueBits[2 * i],
      ]);
      const wanted = [...held].sort(([a], [b]) => a - b);
      if (JSON.stringify(got) !== JSON.stringify(wanted)) t.same(got, wanted, `seed ${seed}`);
    }
    late.release();
    t.equal(memory.bytesUsed, 0, 'all memory is given back');
  }
});

t.test('LateRuns takes samples from new to old without trouble', async (t) => {
  const memory = new ShardMemory();
  const late = new LateRuns(memory);
  for (let ms = 50_000; ms > 0; ms--) late.add(7, ms, [ms, 0]);
  t.equal(late.count(7), 50_000);
  t.same([...(late.sorted(7)?.timestampsMs.subarray(0, 3) ?? [])], [1, 2, 3]);
  t.ok(late.bytes < 50_000 * 16 * 3, 'pieces that were grown out of are given back');
  t.equal(late.count(8), 0);
  t.equal(late.sorted(8), undefined);
});

t.test('lowerBound() finds the first entry not below', async (t) => {
  const column = Float64Array.of(9, 1, 3, 3, 5, 0);
  const range = { from: 1, to: 5 };
  t.same(
    [0, 1, 2, 3, 4, 5, 6].map((ms) => lowerBound(column, ms, range)),
    [1, 1, 2, 2, 4, 4, 5],
  );
});
