/**
 * What is wrong with a file of a LevelDB directory, told by LevelDB's own checksums, which LevelDB
 * itself does not check when it reads.
 */

import { crc32c } from '../../encoding/crc32c.ts';
import { findFlippedBit } from '../../encoding/flipped-bit.ts';

export interface FileFault {
  /** Name of the file within the directory. */
  readonly file: string;
  /** The part of the file that is hit; 0 bytes where it is no part but the whole. */
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
  /** It was one flipped bit, which the checksum tells: what was read is right. */
  readonly isMended?: boolean;
  /** The keys that stood there lie within, both inclusive, as far as that is known. */
  readonly firstKey?: Uint8Array;
  readonly lastKey?: Uint8Array;
}

/**
 * Sets one flipped bit of bytes[from, to) right.
 *
 * @param masked the stored checksum
 * @returns false where one bit does not explain it
 */
export function mendBit(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  masked: number,
): boolean {
  const sums = { found: crc32c(bytes, from, to), expected: unmaskedCrc(masked) };
  const flipped = findFlippedBit({ from, to }, sums);
  if (flipped === undefined) return isOneBit(masked, maskedCrc(sums.found));
  if (flipped.at !== undefined) {
    bytes[flipped.at] = (bytes[flipped.at] as number) ^ (1 << flipped.bit);
  }
  return true;
}

/** The stored checksum may be what is flipped; its mask is no rotation of single bits. */
function isOneBit(a: number, b: number): boolean {
  const difference = (a ^ b) >>> 0;
  return (difference & (difference - 1)) === 0;
}

export function maskedCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** LevelDB's mask over a CRC32C that is stored beside what it covers. */
export function unmaskedCrc(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
