/**
 * A block of a LevelDB table: entries with keys that share prefixes, then the places from which
 * reading may start. Source: leveldb/doc/table_format.md, leveldb/table/block_builder.cc.
 *
 *     | entry ... | restart u32 ... | restarts u32 | type u8 | CRC32C masked, u32 |
 *     entry: shared varint, unshared varint, value bytes varint, rest of the key, value
 */
import { ByteReader } from '../../encoding/byte-reader.ts';
import { crc32c } from '../../encoding/crc32c.ts';
import { MalformedBytes } from '../../encoding/malformed-bytes.ts';
import { readU32 } from '../../log/record-frame.ts';
import { mendBit, unmaskedCrc } from './file-fault.ts';

/** Behind a block: type of compression, which is none, and checksum. */
export const BLOCK_TRAILER_BYTES = 5;
/** Entries from one restart to the next, as LevelDB writes data blocks. */
const RESTART_INTERVAL = 16;

export interface TableEntry {
  /** With LevelDB's trailer in blocks of data and index. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Why a block with its trailer is not intact, or undefined. */
export function blockFault(block: Uint8Array): string | undefined {
  const end = block.length - BLOCK_TRAILER_BYTES;
  if (end < 4) return 'a block is cut short';
  if (unmaskedCrc(readU32(block, end + 1)) !== crc32c(block, 0, end + 1)) {
    return "a block's checksum is wrong";
  }
  if (block[end] !== 0) return `a block is compressed in a way ${block[end]} that is not used here`;
  return undefined;
}

/** Sets one flipped bit of a block right; false where that is not all that is wrong. */
export function mendBlock(block: Uint8Array): boolean {
  const end = block.length - BLOCK_TRAILER_BYTES;
  if (end < 4 || !mendBit(block, { from: 0, to: end + 1 }, readU32(block, end + 1))) return false;
  return block[end] === 0;
}

/** The entries of an intact block, trailer cut off or not. */
export function readBlock(block: Uint8Array, end: number): TableEntry[] {
  const restarts = readU32(block, end - 4);
  const walk = walkEntries(block, { from: 0, to: end - 4 - 4 * restarts });
  return Array.from(walk, ({ entry }) => entry);
}

/** Tells whether an entry found in a damaged block is one that was written. */
export type EntryTest = (entry: TableEntry) => boolean;

/**
 * What is left of a damaged block: every entry that passes the test, wherever it stands. A key that
 * shared bytes with a lost one is tried with those of the entry found before.
 */
export function salvageBlock(block: Uint8Array, isIntact: EntryTest): TableEntry[] {
  const entries: TableEntry[] = [];
  let before: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < block.length; ) {
    const found = entryAt(block, at, before);
    if (found === undefined || !isIntact(found.entry)) {
      at++;
      continue;
    }
    entries.push(found.entry);
    before = found.entry.key;
    at = found.end;
  }
  return entries;
}

function entryAt(block: Uint8Array, at: number, before: Uint8Array) {
  try {
    return walkEntries(block, { from: at, to: block.length, before }).next().value ?? undefined;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    return undefined;
  }
}

interface Walk {
  readonly from: number;
  readonly to: number;
  /** The key that the first one may share bytes with. */
  readonly before?: Uint8Array;
}

function* walkEntries(block: Uint8Array, walk: Walk) {
  const reader = new ByteReader(block, { start: walk.from, end: walk.to });
  let before = walk.before ?? new Uint8Array(0);
  while (reader.left > 0) {
    const shared = reader.varint();
    const unshared = reader.varint();
    const valueBytes = reader.varint();
    if (shared > before.length) throw new MalformedBytes('an entry shares more than there is');
    const rest = reader.raw(unshared);
    const key = new Uint8Array(shared + unshared);
    key.set(before.subarray(0, shared));
    key.set(rest, shared);
    before = key;
    yield { entry: { key, value: reader.raw(valueBytes) }, end: reader.at };
  }
}

/**
 * Where the intact data block that starts at `at` ends, trailer included, found without an index;
 * -1 where none starts there.
 */
export function blockEndAt(file: Uint8Array, at: number): number {
  // The first key of a block shares nothing.
  if (file[at] !== 0) return -1;
  let count = 0;
  try {
    for (const { end } of walkEntries(file, { from: at, to: file.length })) {
      count++;
      const restarts = Math.ceil(count / RESTART_INTERVAL);
      const contentEnd = end + 4 * restarts + 4;
      if (contentEnd + BLOCK_TRAILER_BYTES > file.length) return -1;
      if (readU32(file, end) !== 0 || readU32(file, contentEnd - 4) !== restarts) continue;
      const block = file.subarray(at, contentEnd + BLOCK_TRAILER_BYTES);
      if (blockFault(block) === undefined) return contentEnd + BLOCK_TRAILER_BYTES;
    }
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
  }
  return -1;
}
