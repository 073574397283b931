/**
 * What LevelDB's MANIFEST says of its files. Source: leveldb/db/version_edit.cc.
 */
import { ByteReader } from '../../encoding/byte-reader.ts';
import { MalformedBytes } from '../../encoding/malformed-bytes.ts';

export interface LiveTable {
  readonly number: number;
  readonly bytes: number;
  /** Without LevelDB's trailer of sequence and type. */
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
}

export interface LiveFiles {
  readonly tables: ReadonlyMap<number, LiveTable>;
  /** Logs from this number on hold writes that are in no table yet. */
  readonly logNumber: number;
}

/** Of an internal key: sequence number and type behind the key itself. */
export const KEY_TRAILER_BYTES = 8;

/** @throws MalformedBytes */
export function readVersionEdits(records: readonly Uint8Array[]): LiveFiles {
  const tables = new Map<number, LiveTable>();
  let logNumber = 0;
  for (const record of records) {
    const reader = new ByteReader(record);
    while (reader.left > 0) {
      const tag = reader.varint();
      switch (tag) {
        case 1:
          reader.raw(reader.varint());
          break;
        case 2:
          logNumber = reader.varint();
          break;
        case 3:
        case 4:
        case 9:
          reader.varint();
          break;
        case 5:
          reader.varint();
          reader.raw(reader.varint());
          break;
        case 6:
          reader.varint();
          tables.delete(reader.varint());
          break;
        case 7: {
          const table = readTable(reader);
          tables.set(table.number, table);
          break;
        }
        default:
          throw new MalformedBytes(`the edit has a field ${tag}, which is not known`);
      }
    }
  }
  return { tables, logNumber };
}

function readTable(reader: ByteReader): LiveTable {
  reader.varint();
  const number = reader.varint();
  const bytes = reader.varint();
  return { number, bytes, firstKey: readKey(reader), lastKey: readKey(reader) };
}

function readKey(reader: ByteReader): Uint8Array {
  const key = reader.raw(reader.varint());
  return key.slice(0, Math.max(0, key.length - KEY_TRAILER_BYTES));
}
