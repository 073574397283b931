/**
 * Finds the one flipped bit that makes bytes miss their CRC32C.
 *
 * A CRC is linear: the difference between the checksum found and the one expected depends on the
 * flipped bits alone. Stepping it back byte by byte meets the difference that a single bit makes
 * where that bit is. Two single bits never make the same difference (the code's distance is 4 up to
 * 256 MB), so the answer is right whenever no more than one bit is flipped; bytes that are wrong in
 * many places look like one flipped bit in 8 n out of 2^32 cases.
 */

const POLYNOMIAL = 0x82f63b78;

/** [256] a byte to its CRC, as in `crc32c.ts`. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** [256] the highest byte of an entry of TABLE to its index: what undoes a step. */
const INDEX_BY_TOP = new Uint8Array(256);
TABLE.forEach((entry, i) => {
  INDEX_BY_TOP[entry >>> 24] = i;
});

/** The difference made by a bit of the last byte, to the bit. */
const BIT_OF_DIFFERENCE = new Map(
  Array.from({ length: 8 }, (_, bit) => [TABLE[1 << bit] as number, bit]),
);

export interface FlippedBit {
  /** Offset in the bytes; undefined where the stored checksum itself is flipped. */
  readonly at: number | undefined;
  readonly bit: number;
}

/**
 * @param found the CRC32C of bytes[from, to)
 * @param expected the one stored for them
 * @returns undefined where one bit does not explain the difference
 */
export function findFlippedBit(
  { from, to }: { readonly from: number; readonly to: number },
  { found, expected }: { readonly found: number; readonly expected: number },
): FlippedBit | undefined {
  let difference = (found ^ expected) >>> 0;
  if (difference === 0) return undefined;
  if ((difference & (difference - 1)) === 0) {
    return { at: undefined, bit: 31 - Math.clz32(difference) };
  }
  for (let at = to - 1; at >= from; at--) {
    const bit = BIT_OF_DIFFERENCE.get(difference);
    if (bit !== undefined) return { at, bit };
    const index = INDEX_BY_TOP[difference >>> 24] as number;
    difference = (((difference ^ (TABLE[index] as number)) << 8) | index) >>> 0;
  }
  return undefined;
}
