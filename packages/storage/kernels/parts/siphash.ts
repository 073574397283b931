// SipHash-1-3 in 64-bit arithmetic. Twin: src/encoding/siphash.ts.

/** Hashes [at, at + length) under the 16 bytes at `key`. */
export function siphash13(key: usize, at: usize, length: u32): u64 {
  const k0 = load<u64>(key);
  const k1 = load<u64>(key + 8);
  let v0: u64 = k0 ^ 0x736f6d6570736575;
  let v1: u64 = k1 ^ 0x646f72616e646f6d;
  let v2: u64 = k0 ^ 0x6c7967656e657261;
  let v3: u64 = k1 ^ 0x7465646279746573;
  const whole = at + (length & ~7);
  let last: u64 = (<u64>length) << 56;
  for (let i: u32 = 0; i < (length & 7); i++) last |= (<u64>load<u8>(whole + i)) << (8 * i);
  // Per word one round, and one for the last; then three more.
  for (let word = at; ; word += 8) {
    const isLast = word === whole;
    const m = isLast ? last : load<u64>(word);
    v3 ^= m;
    v0 += v1;
    v2 += v3;
    v1 = rotl(v1, 13) ^ v0;
    v3 = rotl(v3, 16) ^ v2;
    v0 = rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = rotl(v1, 17) ^ v2;
    v3 = rotl(v3, 21) ^ v0;
    v2 = rotl(v2, 32);
    v0 ^= m;
    if (isLast) break;
  }
  v2 ^= 0xff;
  for (let round = 0; round < 3; round++) {
    v0 += v1;
    v2 += v3;
    v1 = rotl(v1, 13) ^ v0;
    v3 = rotl(v3, 16) ^ v2;
    v0 = rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = rotl(v1, 17) ^ v2;
    v3 = rotl(v3, 21) ^ v0;
    v2 = rotl(v2, 32);
  }
  return v0 ^ v1 ^ v2 ^ v3;
}
