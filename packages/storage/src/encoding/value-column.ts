/**
 * A column of values behind a type byte, bit-exact for every double. Format:
 * docs/formats/columns.md.
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { columnMemory } from './column-memory.ts';

/** Appends values[0, n), n >= 1. */
export function encodeValues(values: Float64Array, out: ByteWriter): void {
  out.raw(columnMemory().encode(values));
}

/**
 * Reads out.length values.
 *
 * @throws MalformedBytes
 */
export function decodeValues(reader: ByteReader, out: Float64Array): void {
  const memory = columnMemory();
  memory.take(reader.bytes.subarray(reader.at, reader.end), out.length);
  reader.skip(memory.decode(out.length, false));
  memory.copy({ from: 0, to: out.length }, out);
}
