import type { Postings } from '@mon/storage/head/postings';
import { SeriesTable } from '@mon/storage/head/series-table';
import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { labelsFromPairs } from '@mon/storage/model/labels';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { randomFrom } from '../random.ts';

const KEY = new Uint8Array(16).fill(7);
const TENANT = tenantId('a');

/** Empty lists of so many pairs, and a way to add to them. */
function emptyLists(count: number) {
  const table = new SeriesTable(KEY, new ShardMemory(4096));
  const { space, pairs, postings } = table;
  const names = Array.from({ length: count }, (_, i): [string, string] => [`n${i}`, 'x']);
  table.resolve(TENANT, labelsFromPairs(names));
  const lists = names.map(([name, value]) => pairs.find(0, name, value) as number);
  for (const list of lists) postings.removeWhere(list, () => true);
  const add = (list: number, ref: number) => {
    space.refill();
    space.kernel.addPosting(space.base, list, ref);
  };
  return { lists, add, postings, space };
}

function refsOf(postings: Postings, list: number): number[] {
  const refs = new Uint32Array(postings.count(list));
  postings.copy(list, refs);
  return [...refs];
}

t.test('Postings gives back what was added and not removed', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  const { lists, add, postings } = emptyLists(40);
  const expected = new Map<number, number[]>();
  for (let step = 0; step < 20_000; step++) {
    const list = lists[Math.floor((next(40) * next(40)) / 40)] as number;
    const refs = expected.get(list) ?? [];
    if (next(200) === 0) {
      const modulus = 1 + next(4);
      postings.removeWhere(list, (ref) => ref % modulus === 0);
      expected.set(
        list,
        refs.filter((ref) => ref % modulus !== 0),
      );
    } else {
      const ref = next(2) === 0 ? next(2 ** 24 - 2) : (refs.at(-1) ?? 0) + 1;
      add(list, ref);
      expected.set(list, [...refs, ref]);
    }
  }
  for (const [list, refs] of expected) t.same(refsOf(postings, list), refs, `list ${list}`);
});

t.test('Postings holds long lists, and uses freed memory again', async (t) => {
  const { lists, add, postings, space } = emptyLists(1);
  const list = lists[0] as number;
  const fill = () => {
    for (let ref = 0; ref < 200_000; ref++) add(list, 2 * ref);
  };
  const empty = space.used;
  fill();
  t.same(
    refsOf(postings, list),
    Array.from({ length: 200_000 }, (_, i) => 2 * i),
  );
  const { used } = space;
  t.ok(used - empty < 300_000, `${used - empty} bytes`);
  for (let round = 0; round < 5; round++) {
    postings.removeWhere(list, () => true);
    t.equal(postings.count(list), 0);
    fill();
  }
  t.equal(space.used, used);
});
