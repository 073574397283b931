import { siphash } from '@mon/storage/encoding/siphash';
import t from 'tap';

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const hex = (halves: Uint32Array) =>
  [...halves].map((half) => half.toString(16).padStart(8, '0')).join('');

t.test('siphash() with rounds 2-4 agrees with the vectors of the paper', async (t) => {
  const vectors: [number, string][] = [
    [0, '726fdb47dd0e0e31'],
    [1, '74f839c593dc67fd'],
    [7, 'ab0200f58b01d137'],
    [8, '93f5f5799a932462'],
    [15, 'a129ca6149be45e5'],
    [16, '3f2acc7f57c29bdb'],
    [63, '958a324ceb064572'],
  ];
  for (const [length, expected] of vectors) {
    const rounds = { perWord: 2, atEnd: 4 };
    t.equal(hex(siphash(counting(16), counting(length), { rounds })), expected, `${length}`);
  }
});

t.test('siphash() 1-3 agrees with the reference implementation under a zero key', async (t) => {
  const vectors: [number, string][] = [
    [0, 'd1fba762150c532c'],
    [1, '68a914128e01e473'],
    [3, '4d4c9a4a8ef6e0ad'],
    [7, '2f098ab0c751325a'],
    [8, 'ead411e67ebe2eea'],
    [9, '75927f9d95124362'],
    [15, 'f30eb725bb91c9ea'],
    [16, '8972188433a5c5b7'],
    [63, '385d3e39e5f37359'],
  ];
  for (const [length, expected] of vectors) {
    t.equal(hex(siphash(new Uint8Array(16), counting(length))), expected, `${length}`);
  }
});

t.test('siphash() looks only at the given length', async (t) => {
  const short = hex(siphash(counting(16), counting(9)));
  t.equal(hex(siphash(counting(16), counting(64), { length: 9 })), short);
});
