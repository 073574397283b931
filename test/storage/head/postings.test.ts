import { Postings } from '@mon/storage/head/postings';
import t from 'tap';
import { randomFrom } from '../random.ts';

function refsOf(postings: Postings, list: number): number[] {
  const refs = new Uint32Array(postings.count(list));
  postings.copy(list, refs);
  return [...refs];
}

t.test('Postings gives back what was added and not removed', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  const postings = new Postings();
  const expected = new Map<number, number[]>();
  for (let step = 0; step < 20_000; step++) {
    const list = next(40) * next(40) * next(3);
    const refs = expected.get(list) ?? [];
    if (next(200) === 0) {
      const modulus = 1 + next(4);
      postings.removeWhere(list, (ref) => ref % modulus === 0);
      expected.set(
        list,
        refs.filter((ref) => ref % modulus !== 0),
      );
    } else {
      const ref = next(2 ** 31);
      postings.add(list, ref);
      expected.set(list, [...refs, ref]);
    }
  }
  for (const [list, refs] of expected) t.same(refsOf(postings, list), refs, `list ${list}`);
  t.equal(postings.count(5_000), 0, 'a list never used is empty');
});

t.test('Postings holds long lists, and uses freed memory again', async (t) => {
  const postings = new Postings();
  const fill = () => {
    for (let ref = 0; ref < 200_000; ref++) postings.add(3, ref);
  };
  fill();
  t.same(
    refsOf(postings, 3),
    Array.from({ length: 200_000 }, (_, i) => i),
  );
  const bytes = postings.bytes;
  t.ok(bytes < 1_200_000, `${bytes} bytes`);
  for (let round = 0; round < 5; round++) {
    postings.removeWhere(3, () => true);
    t.equal(postings.count(3), 0);
    fill();
  }
  t.equal(postings.bytes, bytes);
});
