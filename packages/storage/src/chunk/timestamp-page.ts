/**
 * Up to 64 timestamp columns of one slot: a head that describes them, then their bytes.
 *
 * A column is written once, however many series have it. Format: docs/formats/block.md.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';

export const TIMESTAMP_COLUMNS_PER_PAGE = 64;

export interface TimestampColumn {
  readonly count: number;
  /** Offsets of the first and the last sample from the start of the slot. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly bytes: Uint8Array;
  /** CRC32C of `bytes`. */
  readonly checksum: number;
}

export function encodeTimestampHead(columns: readonly TimestampColumn[], out: ByteWriter): void {
  out.varint(columns.length);
  for (const { count, firstMs, lastMs, bytes, checksum } of columns) {
    out.varint(count);
    out.varint(firstMs);
    out.varint(lastMs - firstMs);
    out.varint(bytes.length);
    out.u32(checksum);
  }
}

/**
 * Reads the head; the columns' bytes are views.
 *
 * @throws MalformedBytes
 */
export function decodeTimestampPage(reader: ByteReader): {
  readonly columns: readonly TimestampColumn[];
  /** Where the head ends. */
  readonly headEnd: number;
} {
  const count = reader.varint();
  if (count > TIMESTAMP_COLUMNS_PER_PAGE) {
    throw new MalformedBytes(`a page of ${count} timestamp columns`);
  }
  const heads: { count: number; firstMs: number; lastMs: number; size: number; sum: number }[] = [];
  for (let i = 0; i < count; i++) {
    const samples = reader.varint();
    const firstMs = reader.varint();
    const lastMs = firstMs + reader.varint();
    heads.push({ count: samples, firstMs, lastMs, size: reader.varint(), sum: reader.u32() });
  }
  const headEnd = reader.at;
  const columns = heads.map(({ size, sum, ...head }) => {
    return { ...head, bytes: reader.raw(size), checksum: sum };
  });
  if (reader.left !== 0) throw new MalformedBytes(`${reader.left} bytes are left over`);
  return { columns, headEnd };
}
