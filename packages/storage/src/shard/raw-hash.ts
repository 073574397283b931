/**
 * A keyed 128-bit hash of raw label bytes: what a shard knows a series by before it parses labels.
 *
 * HalfSipHash's round over 32-bit words under a key made at start, with the whole state as the
 * result: nothing of it leaves the process, and 128 bits make a collision by chance less likely
 * than a fault of the memory. Source: github.com/veorq/SipHash, halfsiphash.c; Aumasson and
 * Bernstein (2012).
 */
import { randomFillSync } from 'node:crypto';

export const RAW_HASH_WORDS = 4;
const END_ROUNDS = 4;

/** A key that is good for this process. */
export function newRawHashKey(): Int32Array {
  return randomFillSync(new Int32Array(RAW_HASH_WORDS));
}

export interface RawHashInput {
  readonly view: DataView;
  from: number;
  to: number;
  /** Tells apart what is hashed for different purposes: a tenant's number. */
  domain: number;
}

/** Hashes `view[from, to)` into the four words of `out` from `at` on. */
export function rawHash(key: Int32Array, input: RawHashInput, out: Int32Array, at: number): void {
  const { view, from, to, domain } = input;
  let v0 = key[0] as number;
  let v1 = key[1] as number;
  let v2 = (key[2] as number) ^ domain;
  let v3 = key[3] as number;
  let i = from;
  for (const end = to - 3; i < end; i += 4) {
    const word = view.getInt32(i, true);
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  v1 ^= to - from;
  v3 ^= tailWord(view, i, to);
  for (let round = 0; round < END_ROUNDS; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  out[at] = v0;
  out[at + 1] = v1;
  out[at + 2] = v2;
  out[at + 3] = v3;
}

/** Hashes that are named by numbers, to be hashed together. */
export interface HashSequence {
  /** RAW_HASH_WORDS words of each */
  readonly hashes: Int32Array;
  readonly refs: Uint32Array;
  readonly range: { readonly from: number; readonly to: number; readonly domain: number };
}

/**
 * Hashes the hashes of refs[from, to) into the four words of `out` from `at` on. Each was made
 * under the same key and fills the whole state, so one round apiece keeps sequences apart.
 */
export function mixHashes(key: Int32Array, of: HashSequence, out: Int32Array, at: number): void {
  const { hashes, refs, range } = of;
  let v0 = key[0] as number;
  let v1 = key[1] as number;
  let v2 = (key[2] as number) ^ range.domain;
  let v3 = key[3] as number;
  for (let i = range.from; i < range.to; i++) {
    const word = (refs[i] as number) * RAW_HASH_WORDS;
    v0 ^= hashes[word] as number;
    v1 ^= hashes[word + 1] as number;
    v2 ^= hashes[word + 2] as number;
    v3 ^= hashes[word + 3] as number;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  out[at] = v0;
  out[at + 1] = v1;
  out[at + 2] = v2 ^ (range.to - range.from);
  out[at + 3] = v3;
}

/** The up to three bytes that fill no word. */
function tailWord(view: DataView, from: number, to: number): number {
  let word = 0;
  for (let i = from; i < to; i++) word = (word << 8) | view.getUint8(i);
  return word;
}
