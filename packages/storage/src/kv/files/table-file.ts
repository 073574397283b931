/**
 * A table of LevelDB, read without LevelDB: every byte of it lies under a checksum that is checked
 * here. Source: leveldb/doc/table_format.md.
 *
 *     | data block ... | filter block | metaindex block | index block | footer, 48 bytes |
 *
 * Where index or footer is damaged, or the file is cut, the data blocks are found one after the
 * other by themselves.
 */
import { join } from 'node:path';
import { ByteReader } from '../../encoding/byte-reader.ts';
import { MalformedBytes } from '../../encoding/malformed-bytes.ts';
import type { Files, OpenFile } from '../../files/files.ts';
import type { FileFault } from './file-fault.ts';
import {
  BLOCK_TRAILER_BYTES,
  blockEndAt,
  blockFault,
  type EntryTest,
  mendBlock,
  readBlock,
  salvageBlock,
  type TableEntry,
} from './table-block.ts';
import { KEY_TRAILER_BYTES } from './version-edits.ts';

const FOOTER_BYTES = 48;
const HANDLES_BYTES = 40;
/** Above all keys. */
const LAST_KEY = Uint8Array.of(0xff, 0xff);
const MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** Where a block lies, trailer included. */
interface Place {
  readonly offset: number;
  readonly bytes: number;
}

export interface DataBlock extends Place {
  /** At or above all keys of the block, below those of the next; without LevelDB's trailer. */
  readonly lastKey: Uint8Array;
}

export class TableFile {
  readonly file: string;
  readonly bytes: number;
  readonly faults: FileFault[] = [];
  readonly blocks: readonly DataBlock[];
  readonly #open: OpenFile;
  readonly #bad = new Set<number>();

  /** @throws the file system's error */
  constructor(files: Files, dir: string, file: string) {
    this.file = file;
    this.#open = files.open(join(dir, file), 'read');
    this.bytes = this.#open.bytes;
    this.blocks = this.#readIndex() ?? this.#findBlocks();
  }

  close(): void {
    this.#open.close();
  }

  /**
   * The entries of a data block, in order. A damaged one stands among `faults` afterwards; where it
   * is more than one flipped bit, only what passes the test is given.
   *
   * @param isIntact undefined where entries have nothing by which they could be tested
   */
  entriesOf(index: number, isIntact: EntryTest | undefined): readonly TableEntry[] {
    const { offset, bytes, lastKey } = this.blocks[index] as DataBlock;
    const block = this.#read({ offset, bytes });
    const reason = blockFault(block);
    if (reason === undefined) return readBlock(block, bytes - BLOCK_TRAILER_BYTES);
    const isMended = mendBlock(block);
    if (!this.#bad.has(index)) {
      this.#bad.add(index);
      const firstKey = this.blocks[index - 1]?.lastKey;
      const keys = firstKey === undefined ? { lastKey } : { firstKey, lastKey };
      this.faults.push({ file: this.file, offset, bytes, reason, isMended, ...keys });
    }
    if (isMended) return readBlock(block, bytes - BLOCK_TRAILER_BYTES);
    return isIntact === undefined ? [] : salvageBlock(block, isIntact);
  }

  /** The data blocks by the index; undefined where that is not intact. */
  #readIndex(): DataBlock[] | undefined {
    try {
      const footer = this.#readFooter();
      const index = this.#intactBlock(footer.index, 'index');
      const blocks = index.map(({ key, value }) => ({
        ...readHandle(new ByteReader(value)),
        lastKey: keyOf({ key, value }),
      }));
      this.#checkPlaces(blocks, footer);
      return blocks;
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      const offset = Math.max(0, this.bytes - FOOTER_BYTES);
      this.faults.push({ file: this.file, offset, bytes: 0, reason: error.message });
      return undefined;
    }
  }

  #readFooter(): { readonly metaindex: Place; readonly index: Place } {
    if (this.bytes < FOOTER_BYTES) throw new MalformedBytes(`it has only ${this.bytes} bytes`);
    const footer = this.#read({ offset: this.bytes - FOOTER_BYTES, bytes: FOOTER_BYTES });
    if (Buffer.compare(footer.subarray(HANDLES_BYTES), MAGIC) !== 0) {
      throw new MalformedBytes('it does not end as a table');
    }
    const reader = new ByteReader(footer, { end: HANDLES_BYTES });
    const metaindex = readHandle(reader);
    const index = readHandle(reader);
    if (reader.raw(reader.left).some((byte) => byte !== 0)) {
      throw new MalformedBytes('the filling of its footer is not zero');
    }
    return { metaindex, index };
  }

  /** The file must be blocks, one after the other, and nothing else; the filter is read too. */
  #checkPlaces(
    blocks: readonly DataBlock[],
    { metaindex, index }: { readonly metaindex: Place; readonly index: Place },
  ): void {
    const filters = this.#tryIntact(metaindex, 'metaindex').map(({ value }) =>
      readHandle(new ByteReader(value)),
    );
    let at = 0;
    for (const { offset, bytes } of [...blocks, ...filters, metaindex, index]) {
      if (offset !== at) throw new MalformedBytes(`a block does not start at byte ${at}`);
      at += bytes;
    }
    if (at !== this.bytes - FOOTER_BYTES) throw new MalformedBytes('its index ends too early');
    for (const place of filters) {
      // LevelDB takes a key for missing where a flipped bit in the filter says so.
      const reason = blockFault(this.#read(place));
      if (reason !== undefined) this.faults.push({ file: this.file, ...place, reason });
    }
  }

  #tryIntact(place: Place, name: string): TableEntry[] {
    try {
      return this.#intactBlock(place, name);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      // Without it the place of the filter is not known; the data blocks are.
      this.faults.push({ file: this.file, ...place, reason: error.message });
      throw error;
    }
  }

  #intactBlock(place: Place, name: string): TableEntry[] {
    if (place.offset + place.bytes > this.bytes) {
      throw new MalformedBytes(`the ${name} lies beyond its end`);
    }
    const block = this.#read(place);
    const reason = blockFault(block);
    if (reason !== undefined) throw new MalformedBytes(`the ${name}: ${reason}`);
    return readBlock(block, block.length - BLOCK_TRAILER_BYTES);
  }

  /** The data blocks, found one after the other; what lies between intact ones counts as one. */
  #findBlocks(): DataBlock[] {
    const file = this.#read({ offset: 0, bytes: this.bytes });
    const blocks: DataBlock[] = [];
    let gapFrom = 0;
    const endGap = (at: number, lastKey: Uint8Array) => {
      const bytes = at - gapFrom;
      if (bytes > BLOCK_TRAILER_BYTES) blocks.push({ offset: gapFrom, bytes, lastKey });
    };
    for (let at = 0; at < file.length; ) {
      const end = blockEndAt(file, at);
      if (end < 0) {
        at++;
        continue;
      }
      const entries = readBlock(file.subarray(at), end - at - BLOCK_TRAILER_BYTES);
      if (isData(entries, blocks)) {
        endGap(at, keyOf(entries[0] as TableEntry));
        blocks.push({ offset: at, bytes: end - at, lastKey: keyOf(entries.at(-1) as TableEntry) });
        gapFrom = end;
      }
      at = end;
    }
    endGap(file.length, LAST_KEY);
    return blocks;
  }

  #read({ offset, bytes }: Place): Uint8Array {
    const buffer = Buffer.alloc(Math.max(0, Math.min(bytes, this.bytes - offset)));
    for (let from = 0; from < buffer.length; ) {
      const read = this.#open.read(buffer.subarray(from), offset + from);
      if (read === 0) return buffer.subarray(0, from);
      from += read;
    }
    return buffer;
  }
}

/** @throws MalformedBytes */
function readHandle(reader: ByteReader): Place {
  const offset = reader.varint();
  return { offset, bytes: reader.varint() + BLOCK_TRAILER_BYTES };
}

function keyOf({ key }: TableEntry): Uint8Array {
  return key.slice(0, Math.max(0, key.length - KEY_TRAILER_BYTES));
}

/** Metaindex and index look like blocks of data: a name, and places of the blocks before. */
function isData(entries: readonly TableEntry[], before: readonly DataBlock[]): boolean {
  const [first] = entries;
  if (first === undefined || first.key.length < KEY_TRAILER_BYTES) return false;
  if (Buffer.from(first.key).toString('latin1').startsWith('filter.')) return false;
  const offsets = new Set(before.map(({ offset }) => offset));
  return !entries.every(({ value }) => offsets.has(handleOf(value)?.offset ?? -1));
}

function handleOf(value: Uint8Array): Place | undefined {
  try {
    const reader = new ByteReader(value);
    const place = readHandle(reader);
    return reader.left === 0 ? place : undefined;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    return undefined;
  }
}
