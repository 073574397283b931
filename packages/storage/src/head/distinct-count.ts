/**
 * Estimates how many different texts were seen, in 128 bytes, within about a tenth (HyperLogLog).
 * Source: Flajolet et al., "HyperLogLog" (2007), with linear counting for few.
 */

const REGISTER_BITS = 7;
const REGISTERS = 1 << REGISTER_BITS;
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

export class DistinctCount {
  readonly #registers = new Uint8Array(REGISTERS);

  add(text: string): void {
    const hash = hashOf(text);
    const register = hash >>> (32 - REGISTER_BITS);
    // The first 1 among the remaining bits; the added bit ends the search.
    const rank = Math.clz32((hash << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))) + 1;
    if (rank > (this.#registers[register] as number)) this.#registers[register] = rank;
  }

  get estimate(): number {
    let sum = 0;
    let zeros = 0;
    for (const rank of this.#registers) {
      sum += 2 ** -rank;
      if (rank === 0) zeros++;
    }
    const raw = (ALPHA * REGISTERS * REGISTERS) / sum;
    const isFew = raw <= 2.5 * REGISTERS && zeros > 0;
    return Math.round(isFew ? REGISTERS * Math.log(REGISTERS / zeros) : raw);
  }
}

/** FNV-1a over UTF-16 units, then mixed so that all bits depend on all. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
