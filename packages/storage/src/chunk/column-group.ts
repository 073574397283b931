/**
 * The value columns of a group of series in one slot: a head that describes them, then their bytes.
 *
 * A group is 8 to 32 neighbours, a histogram of up to 64 buckets whole. Format:
 * docs/formats/block.md.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { COLUMN_VALUES_MAX } from '../encoding/column-memory.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';

export const GROUP_SERIES_MAX = 64;

export interface ValueColumn {
  /** Place of the series in its group. */
  readonly member: number;
  readonly count: number;
  /** Number of its timestamp column in the slot. */
  readonly timestamps: number;
  readonly bytes: Uint8Array;
  /** CRC32C of `bytes`. */
  readonly checksum: number;
}

/** @param columns by member, ascending */
export function encodeColumnHead(columns: readonly ValueColumn[], out: ByteWriter): void {
  out.varint(columns.length);
  let member = 0;
  let count = 0;
  let timestamps = 0;
  for (const column of columns) {
    out.varint(column.member - member);
    out.signed(column.count - count);
    out.signed(column.timestamps - timestamps);
    out.varint(column.bytes.length);
    out.u32(column.checksum);
    member = column.member + 1;
    count = column.count;
    timestamps = column.timestamps;
  }
}

/** Heads of columns, each an array of `count` entries, and where the columns start in the value. */
export interface ColumnHeads {
  readonly count: number;
  readonly members: Uint8Array;
  readonly counts: Uint32Array;
  readonly timestamps: Uint32Array;
  readonly checksums: Uint32Array;
  /** [n+1] */
  readonly starts: Uint32Array;
  /** Where the head ends. */
  readonly headEnd: number;
}

/** @throws MalformedBytes */
export function decodeColumnHeads(reader: ByteReader): ColumnHeads {
  const columns = reader.varint();
  if (columns > GROUP_SERIES_MAX) throw new MalformedBytes(`a group of ${columns} series`);
  const members = new Uint8Array(columns);
  const counts = new Uint32Array(columns);
  const timestamps = new Uint32Array(columns);
  const checksums = new Uint32Array(columns);
  const starts = new Uint32Array(columns + 1);
  let member = 0;
  let count = 0;
  let column = 0;
  let size = 0;
  for (let i = 0; i < columns; i++) {
    member += reader.varint();
    count += reader.signed();
    column += reader.signed();
    if (count <= 0 || count > COLUMN_VALUES_MAX || column < 0)
      throw new MalformedBytes(`a column of ${count} samples`);
    members[i] = member++;
    counts[i] = count;
    timestamps[i] = column;
    size += reader.varint();
    starts[i + 1] = size;
    checksums[i] = reader.u32();
  }
  const headEnd = reader.at;
  for (let i = 0; i <= columns; i++) starts[i] = (starts[i] as number) + headEnd;
  if (reader.left !== size)
    throw new MalformedBytes(`${reader.left} bytes of columns, not ${size}`);
  return { count: columns, members, counts, timestamps, checksums, starts, headEnd };
}
