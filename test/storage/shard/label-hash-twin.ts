/** Twin of `kernels/parts/label-hash.ts`, by big integers: for tests, too slow for anything else. */

const MASK = (1n << 64n) - 1n;

type State = [bigint, bigint, bigint, bigint];

/** Hashes bytes under eight words of key; the result as two words. */
export function hashLabels(
  key: readonly bigint[],
  domain: number,
  bytes: Uint8Array,
): readonly [low: bigint, high: bigint] {
  const a = [key[0], key[1], (key[2] as bigint) ^ BigInt(domain), key[3]] as State;
  const b = key.slice(4, 8) as State;
  for (const block of blocks(bytes)) {
    const word = wordOf(block.subarray(0, 8));
    const next = wordOf(block.subarray(8));
    a[3] ^= word;
    b[3] ^= next;
    round(a);
    round(b);
    a[0] ^= word;
    b[0] ^= next;
  }
  a[0] ^= b[2];
  a[1] ^= b[3];
  a[2] ^= b[0];
  a[3] ^= b[1] ^ BigInt(bytes.length);
  for (let i = 0; i < 3; i++) round(a);
  return [a[0] ^ a[1], a[2] ^ a[3]];
}

/** Sixteen bytes each; the last one overlaps, or is filled up with zeros where it is the only. */
function blocks(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < Math.max(1, bytes.length); at += 16) {
    if (at + 16 <= bytes.length) found.push(bytes.subarray(at, at + 16));
    else if (bytes.length >= 16) found.push(bytes.subarray(bytes.length - 16));
    else {
      const filled = new Uint8Array(16);
      filled.set(bytes);
      found.push(filled);
    }
  }
  return found;
}

function wordOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
}

/** SipRound. */
function round(v: State): void {
  v[0] = (v[0] + v[1]) & MASK;
  v[2] = (v[2] + v[3]) & MASK;
  v[1] = rotated(v[1], 13n) ^ v[0];
  v[3] = rotated(v[3], 16n) ^ v[2];
  v[0] = (rotated(v[0], 32n) + v[3]) & MASK;
  v[2] = (v[2] + v[1]) & MASK;
  v[3] = rotated(v[3], 21n) ^ v[0];
  v[1] = rotated(v[1], 17n) ^ v[2];
  v[2] = rotated(v[2], 32n);
}

function rotated(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & MASK;
}
