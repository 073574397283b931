/**
 * A column of timestamps behind a type byte, as offsets from the start of its slot.
 * Format: docs/formats/columns.md.
 */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { decodeIntegers, encodeIntegers, TIMESTAMP_PREDICTIONS } from './integer-column.ts';
import { MalformedBytes } from './malformed-bytes.ts';

/** Type bytes; 0 is never written. */
const REGULAR = 1;
const INTEGERS = 2;

/**
 * Appends offsets[0, n), n >= 1.
 *
 * @param offsetsMs ascending integers from 0, below 2^48
 */
export function encodeTimestamps(offsetsMs: Float64Array, out: ByteWriter): void {
  const first = offsetsMs[0] as number;
  const step = offsetsMs.length > 1 ? (offsetsMs[1] as number) - first : 0;
  if (isRegular(offsetsMs, step)) {
    out.u8(REGULAR);
    out.varint(first);
    out.varint(step);
    return;
  }
  out.u8(INTEGERS);
  encodeIntegers(offsetsMs, TIMESTAMP_PREDICTIONS, out);
}

function isRegular(offsetsMs: Float64Array, step: number): boolean {
  for (let i = 1; i < offsetsMs.length; i++) {
    if ((offsetsMs[i] as number) - (offsetsMs[i - 1] as number) !== step) return false;
  }
  return true;
}

/**
 * Reads out.length offsets and adds `startMs` to each.
 *
 * @throws MalformedBytes
 */
export function decodeTimestamps(reader: ByteReader, startMs: number, out: Float64Array): void {
  const type = reader.u8();
  if (type === REGULAR) {
    const first = startMs + reader.varint();
    const step = reader.varint();
    for (let i = 0; i < out.length; i++) out[i] = first + i * step;
    return;
  }
  if (type !== INTEGERS) throw new MalformedBytes(`timestamp column of unknown type ${type}`);
  decodeIntegers(reader, out);
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + startMs;
}
