/**
 * findFlippedBit(): every single bit is found, of the bytes and of the checksum; two never are.
 */
import { crc32c } from '@mon/storage/encoding/crc32c';
import { findFlippedBit } from '@mon/storage/encoding/flipped-bit';
import t from 'tap';

t.test('findFlippedBit() finds each bit, and the checksum itself', async (t) => {
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) % 251);
  const [from, to] = [3, 197];
  const expected = crc32c(bytes, from, to);
  for (let at = from; at < to; at++) {
    for (let bit = 0; bit < 8; bit++) {
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      const found = findFlippedBit({ from, to }, { found: crc32c(bytes, from, to), expected });
      if (found?.at !== at || found.bit !== bit) t.fail(`byte ${at} bit ${bit}`);
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
    }
  }
  const flipped = (expected ^ (1 << 9)) >>> 0;
  t.same(findFlippedBit({ from, to }, { found: expected, expected: flipped }), {
    at: undefined,
    bit: 9,
  });
  t.equal(findFlippedBit({ from, to }, { found: expected, expected }), undefined);
});

t.test('findFlippedBit() takes two flipped bits for none', async (t) => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
  const expected = crc32c(bytes);
  for (let a = 0; a < 512; a += 7) {
    for (let b = a + 1; b < 512; b += 11) {
      const wrong = Uint8Array.from(bytes);
      for (const bit of [a, b]) wrong[bit >> 3] = (wrong[bit >> 3] as number) ^ (1 << (bit & 7));
      const found = findFlippedBit({ from: 0, to: 64 }, { found: crc32c(wrong), expected });
      if (found !== undefined) t.fail(`bits ${a} and ${b}`);
    }
  }
});
