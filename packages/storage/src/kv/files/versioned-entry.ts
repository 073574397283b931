/**
 * An entry with what LevelDB adds to its key: of those with one key the highest sequence counts.
 *
 *     | key ... | type u8, sequence u56 |
 */
import type { TableEntry } from './table-block.ts';
import { KEY_TRAILER_BYTES } from './version-edits.ts';

export interface VersionedEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly sequence: number;
  readonly isDeletion: boolean;
}

const DELETION = 0;

/** The entry of a table; none where the key is too short to be one. */
export function versioned({ key, value }: TableEntry): VersionedEntry[] {
  const end = key.length - KEY_TRAILER_BYTES;
  if (end < 0) return [];
  const trailer = Buffer.from(key.buffer, key.byteOffset + end, KEY_TRAILER_BYTES);
  const sequence = trailer.readUIntLE(1, 6) + (trailer[7] as number) * 2 ** 48;
  return [{ key: key.subarray(0, end), value, sequence, isDeletion: trailer[0] === DELETION }];
}

export function compareEntries(a: VersionedEntry, b: VersionedEntry): number {
  return Buffer.compare(a.key, b.key) || b.sequence - a.sequence;
}
