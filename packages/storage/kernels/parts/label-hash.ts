// A keyed 128-bit hash of label bytes: two lanes of SipHash-1 over alternating words, joined and
// finished together. Twin: test/storage/shard/label-hash-twin.ts.
// Nothing of it leaves the process; the whole state of 512 bits is secret.
// Source: Aumasson and Bernstein, SipHash (2012).

/** Hashes [from, to) under the eight words at `key` into the 16 bytes at `out`. */
export function hashLabels(key: usize, domain: u64, from: usize, to: usize, out: usize): void {
  let a0 = load<u64>(key);
  let a1 = load<u64>(key, 8);
  let a2 = load<u64>(key, 16) ^ domain;
  let a3 = load<u64>(key, 24);
  let b0 = load<u64>(key, 32);
  let b1 = load<u64>(key, 40);
  let b2 = load<u64>(key, 48);
  let b3 = load<u64>(key, 56);
  const bytes = to - from;
  let at = from;
  let last = to - 16;
  if (bytes < 16) {
    // A block of its own, filled up with zeros.
    store<u64>(out, 0);
    store<u64>(out, 0, 8);
    memory.copy(out, from, bytes);
    at = out;
    last = out;
  }
  for (;;) {
    const word = load<u64>(at);
    const next = load<u64>(at, 8);
    a3 ^= word;
    b3 ^= next;
    a0 += a1;
    b0 += b1;
    a2 += a3;
    b2 += b3;
    a1 = rotl(a1, 13) ^ a0;
    b1 = rotl(b1, 13) ^ b0;
    a3 = rotl(a3, 16) ^ a2;
    b3 = rotl(b3, 16) ^ b2;
    a0 = rotl(a0, 32) + a3;
    b0 = rotl(b0, 32) + b3;
    a2 += a1;
    b2 += b1;
    a3 = rotl(a3, 21) ^ a0;
    b3 = rotl(b3, 21) ^ b0;
    a1 = rotl(a1, 17) ^ a2;
    b1 = rotl(b1, 17) ^ b2;
    a2 = rotl(a2, 32);
    b2 = rotl(b2, 32);
    a0 ^= word;
    b0 ^= next;
    if (at === last) break;
    // The last block overlaps the one before it: the length, hashed too, tells how far.
    at = min(at + 16, last);
  }
  a0 ^= b2;
  a1 ^= b3;
  a2 ^= b0;
  a3 ^= b1 ^ <u64>bytes;
  for (let round = 0; round < 3; round++) {
    a0 += a1;
    a2 += a3;
    a1 = rotl(a1, 13) ^ a0;
    a3 = rotl(a3, 16) ^ a2;
    a0 = rotl(a0, 32) + a3;
    a2 += a1;
    a3 = rotl(a3, 21) ^ a0;
    a1 = rotl(a1, 17) ^ a2;
    a2 = rotl(a2, 32);
  }
  store<u64>(out, a0 ^ a1);
  store<u64>(out, a2 ^ a3, 8);
}
