/**
 * SipHash: a keyed 64-bit hash of short byte strings, in 32-bit arithmetic.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). mon uses 1-3 (one round
 * a word, three at the end); the rounds are parameters so that the paper's own vectors for 2-4 test
 * the same code.
 */
import { assert } from '../model/assert.ts';

/** 16 random bytes, made once per database. */
export type HashKey = Uint8Array;

export const HASH_KEY_BYTES = 16;

export interface SipRounds {
  readonly perWord: number;
  readonly atEnd: number;
}

export const SIPHASH_1_3: SipRounds = { perWord: 1, atEnd: 3 };

/** State v0..v3 as (low, high) pairs; one set is enough, the function does not re-enter. */
const V = new Int32Array(8);
const OUT = new Uint32Array(2);

/**
 * Hashes `bytes[0, length)`.
 *
 * @returns [high, low] 32-bit halves of the 64-bit hash, in an array that the next call overwrites
 */
export function siphash(
  key: HashKey,
  bytes: Uint8Array,
  { length = bytes.length, rounds = SIPHASH_1_3 } = {},
): Uint32Array {
  assert(key.length === HASH_KEY_BYTES, `hash key has ${key.length} bytes`);
  const k0 = readWord(key, 0);
  const k1 = readWord(key, 4);
  const k2 = readWord(key, 8);
  const k3 = readWord(key, 12);
  V[0] = k0 ^ 0x70736575;
  V[1] = k1 ^ 0x736f6d65;
  V[2] = k2 ^ 0x6e646f6d;
  V[3] = k3 ^ 0x646f7261;
  V[4] = k0 ^ 0x6e657261;
  V[5] = k1 ^ 0x6c796765;
  V[6] = k2 ^ 0x79746573;
  V[7] = k3 ^ 0x74656462;

  const whole = length & ~7;
  for (let i = 0; i < whole; i += 8) {
    absorb(readWord(bytes, i), readWord(bytes, i + 4), rounds.perWord);
  }
  let low = 0;
  let high = (length & 0xff) << 24;
  for (let i = whole; i < length; i++) {
    const byte = bytes[i] as number;
    if (i - whole < 4) low |= byte << (8 * (i - whole));
    else high |= byte << (8 * (i - whole - 4));
  }
  absorb(low, high, rounds.perWord);
  V[4] = (V[4] as number) ^ 0xff;
  mix(rounds.atEnd);
  OUT[0] = (V[1] as number) ^ (V[3] as number) ^ (V[5] as number) ^ (V[7] as number);
  OUT[1] = (V[0] as number) ^ (V[2] as number) ^ (V[4] as number) ^ (V[6] as number);
  return OUT;
}

function readWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function absorb(low: number, high: number, rounds: number): void {
  V[6] = (V[6] as number) ^ low;
  V[7] = (V[7] as number) ^ high;
  mix(rounds);
  V[0] = (V[0] as number) ^ low;
  V[1] = (V[1] as number) ^ high;
}

/** `rounds` SipRounds. A 64-bit addition carries where the low sum is below a summand. */
function mix(rounds: number): void {
  let a = V[0] as number;
  let A = V[1] as number;
  let b = V[2] as number;
  let B = V[3] as number;
  let c = V[4] as number;
  let C = V[5] as number;
  let d = V[6] as number;
  let D = V[7] as number;
  let t = 0;
  for (let r = 0; r < rounds; r++) {
    a = (a + b) | 0;
    A = (A + B + (a >>> 0 < b >>> 0 ? 1 : 0)) | 0;
    t = (b << 13) | (B >>> 19);
    B = (B << 13) | (b >>> 19);
    b = t ^ a;
    B ^= A;
    t = a;
    a = A;
    A = t;

    c = (c + d) | 0;
    C = (C + D + (c >>> 0 < d >>> 0 ? 1 : 0)) | 0;
    t = (d << 16) | (D >>> 16);
    D = (D << 16) | (d >>> 16);
    d = t ^ c;
    D ^= C;

    a = (a + d) | 0;
    A = (A + D + (a >>> 0 < d >>> 0 ? 1 : 0)) | 0;
    t = (d << 21) | (D >>> 11);
    D = (D << 21) | (d >>> 11);
    d = t ^ a;
    D ^= A;

    c = (c + b) | 0;
    C = (C + B + (c >>> 0 < b >>> 0 ? 1 : 0)) | 0;
    t = (b << 17) | (B >>> 15);
    B = (B << 17) | (b >>> 15);
    b = t ^ c;
    B ^= C;
    t = c;
    c = C;
    C = t;
  }
  V[0] = a;
  V[1] = A;
  V[2] = b;
  V[3] = B;
  V[4] = c;
  V[5] = C;
  V[6] = d;
  V[7] = D;
}
