import { ShardMemory } from '@mon/storage/memory/shard-memory';
import { newRawHashKey, rawHash } from '@mon/storage/shard/raw-hash';
import { SeriesCache } from '@mon/storage/shard/series-cache';
import t from 'tap';
import { randomFrom } from '../random.ts';

const key = newRawHashKey();

function hashOf(bytes: Uint8Array, domain = 0): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hash = new Int32Array(4);
  rawHash(key, { view, from: 0, to: bytes.length, domain }, hash, 0);
  return hash;
}

t.test('rawHash() depends on every byte, the length and the domain, in all words', async (t) => {
  const seen = [new Set<number>(), new Set<number>(), new Set<number>(), new Set<number>()];
  let count = 0;
  const add = (hash: Int32Array) => {
    count++;
    for (const [i, words] of seen.entries()) words.add(hash[i] as number);
  };
  for (let length = 0; length < 40; length++) {
    const bytes = new Uint8Array(length);
    add(hashOf(bytes));
    add(hashOf(bytes, 1));
    for (let bit = 0; bit < length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = 1 << (bit & 7);
      add(hashOf(flipped));
    }
  }
  // Of 6,320 words of 32 bits two are equal in one run of 200.
  for (const words of seen) t.ok(words.size >= count - 2, `${words.size} of ${count}`);
  const text = new TextEncoder().encode('xxabcdefghij');
  t.same(hashOf(text.subarray(2)), hashOf(text.slice(2)), 'wherever the bytes stand');
});

t.test('SeriesCache finds what was set and not forgotten, in any order', async (t) => {
  const { next, seed } = randomFrom();
  t.comment(`seed ${seed}`);
  const cache = new SeriesCache(new ShardMemory());
  const expected = new Map<number, { owner: number; ref: number }>();
  const hashes = Array.from({ length: 20_000 }, (_, i) =>
    hashOf(Uint8Array.of(i, i >> 8, i >> 16)),
  );
  const check = () => {
    for (const [i, hash] of hashes.entries()) {
      const ref = cache.find(hash, 0);
      const wanted = expected.get(i);
      if (ref !== (wanted?.ref ?? -1)) t.fail(`seed ${seed}: series ${i} is ${ref}`);
      if (wanted !== undefined && cache.foundOwner !== wanted.owner) t.fail(`owner of ${i}`);
    }
    t.equal(cache.count, expected.size);
  };
  check();
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 8000; i++) {
      const series = next(hashes.length);
      const found = { owner: next(3), ref: next(2 ** 32) };
      cache.set(hashes[series] as Int32Array, 0, found);
      expected.set(series, found);
    }
    check();
    let pauses = 0;
    for (const _ of cache.forget(1, (ref) => ref % 2 === 0)) {
      // What comes meanwhile stays.
      const series = pauses++;
      const found = { owner: 1, ref: 2 * series };
      cache.set(hashes[series] as Int32Array, 0, found);
      expected.set(series, { ...found, ref: found.ref + 0.5 });
    }
    for (const [series, { owner, ref }] of expected) {
      if (!Number.isInteger(ref)) expected.set(series, { owner, ref: ref - 0.5 });
      else if (owner === 1 && ref % 2 === 0) expected.delete(series);
    }
    check();
  }
});
