/**
 * Comparison of texts with the numbers in them: `node2` before `node10`.
 *
 * Source of the rules: github.com/facette/natsort, which Prometheus sorts labels with.
 */

const CHUNK = /\d+|\D+/g;

/** Above this a run of digits is compared as text, as where it does not fit 64 bits. */
const DIGITS_MAX = 18;

/** Negative where `a` comes first, positive where `b` does, 0 where they are equal. */
export function compareNatural(a: string, b: string): number {
  if (a === b) return 0;
  const chunksA = a.match(CHUNK) ?? [];
  const chunksB = b.match(CHUNK) ?? [];
  const count = Math.min(chunksA.length, chunksB.length);
  for (let i = 0; i < count; i++) {
    const order = compareChunks(chunksA[i] as string, chunksB[i] as string);
    if (order !== 0) return order;
  }
  // A shorter one first; `1` and `01` are as good as equal.
  return chunksA.length - chunksB.length;
}

function compareChunks(a: string, b: string): number {
  if (a === b) return 0;
  if (isNumber(a) && isNumber(b)) {
    const [numberA, numberB] = [BigInt(a), BigInt(b)];
    return numberA < numberB ? -1 : numberA > numberB ? 1 : 0;
  }
  return a < b ? -1 : 1;
}

function isNumber(chunk: string): boolean {
  return chunk.length <= DIGITS_MAX && /^\d/.test(chunk);
}
