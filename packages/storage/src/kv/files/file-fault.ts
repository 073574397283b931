/**
 * What is wrong with a file of a LevelDB directory, told by LevelDB's own checksums, which LevelDB
 * itself does not check when it reads.
 */

export interface FileFault {
  /** Name of the file within the directory. */
  readonly file: string;
  /** The part of the file that is hit; 0 bytes where it is no part but the whole. */
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
  /** The keys that stood there lie within, both inclusive, as far as that is known. */
  readonly firstKey?: Uint8Array;
  readonly lastKey?: Uint8Array;
}

/** LevelDB's mask over a CRC32C that is stored beside what it covers. */
export function unmaskedCrc(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
