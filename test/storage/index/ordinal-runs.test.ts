import {
  countOrdinals,
  intersectRuns,
  type OrdinalRuns,
  rangeRuns,
  subtractRuns,
  uniteRuns,
} from '@mon/storage/index/ordinal-runs';
import t from 'tap';
import { type Random, seededRandom } from '../encoding/seeded-random.ts';

function runsOf(ordinals: Iterable<number>): OrdinalRuns {
  const bounds: number[] = [];
  for (const ordinal of [...ordinals].sort((a, b) => a - b)) {
    if (bounds.at(-1) === ordinal) bounds[bounds.length - 1] = ordinal + 1;
    else bounds.push(ordinal, ordinal + 1);
  }
  return Uint32Array.from(bounds);
}

const randomSet = (random: Random) =>
  new Set(Array.from({ length: random.below(40) }, () => random.below(60)));

t.test('set operations on runs agree with those on sets', async (t) => {
  const random = seededRandom(t);
  for (let round = 0; round < 500; round++) {
    const [a, b, c] = [randomSet(random), randomSet(random), randomSet(random)];
    const [x, y, z] = [runsOf(a), runsOf(b), runsOf(c)];
    t.same(intersectRuns(x, y), runsOf([...a].filter((o) => b.has(o))), `${round}`);
    t.same(subtractRuns(x, y), runsOf([...a].filter((o) => !b.has(o))), `${round}`);
    t.same(uniteRuns([x, y, z]), runsOf(new Set([...a, ...b, ...c])), `${round}`);
    t.equal(countOrdinals(x), a.size);
  }
});

t.test('runs of nothing and of everything', async (t) => {
  t.same(uniteRuns([]), new Uint32Array(0));
  t.same(rangeRuns(5, 5), new Uint32Array(0));
  t.same(rangeRuns(5, 9), Uint32Array.of(5, 9));
  const all = rangeRuns(0, 2 ** 26);
  t.same(uniteRuns([all, rangeRuns(3, 4)]), all);
  t.same(subtractRuns(all, all), new Uint32Array(0));
});
