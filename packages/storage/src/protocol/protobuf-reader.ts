/**
 * The few protobuf primitives that hand-written decoders need, over a cursor.
 *
 * Every fault is a MonError `bad-body` that names the byte where it was found.
 * Source: protobuf.dev/programming-guides/encoding.
 */
import { MonError } from '../model/error.ts';

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/** A place in a message; `end` bounds what may be read. */
export interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
}

export function cursorOver(bytes: Uint8Array): Cursor {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 };
}

/** Reads a varint that must fit 32 bits: a tag or a length. */
export function readVarint32(cursor: Cursor, end: number): number {
  const { bytes } = cursor;
  const first = cursor.at < end ? (bytes[cursor.at] as number) : 0x80;
  if (first < 0x80) {
    cursor.at++;
    return first;
  }
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (cursor.at >= end) throw bodyError(cursor.at, 'the message ends within a varint');
    const byte = bytes[cursor.at++] as number;
    if (shift === 28 && byte > 0x0f) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw bodyError(cursor.at - 1, 'a tag or length does not fit 32 bits');
}

/** Reads an int64; beyond 2^53 the result is rounded. */
export function readInt64(cursor: Cursor, end: number): number {
  const { bytes } = cursor;
  const from = cursor.at;
  // A time of these centuries takes six bytes.
  if (end - from >= 6 && (bytes[from + 5] as number) < 0x80) {
    let high = 0;
    let at = from;
    while ((bytes[at] as number) >= 0x80) high = ++at - from;
    if (high === 5) {
      cursor.at = from + 6;
      const low =
        ((bytes[from] as number) & 0x7f) |
        (((bytes[from + 1] as number) & 0x7f) << 7) |
        (((bytes[from + 2] as number) & 0x7f) << 14) |
        (((bytes[from + 3] as number) & 0x7f) << 21);
      const rest = ((bytes[from + 4] as number) & 0x7f) | ((bytes[from + 5] as number) << 7);
      return low + rest * 0x1000_0000;
    }
  }
  let low = 0;
  let middle = 0;
  let high = 0;
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= end) throw bodyError(cursor.at, 'the message ends within a varint');
    const byte = bytes[cursor.at++] as number;
    const bits = byte & 0x7f;
    if (i < 4) low |= bits << (7 * i);
    else if (i < 8) middle |= bits << (7 * (i - 4));
    else high |= bits << (7 * (i - 8));
    if (byte < 0x80) return joinInt64(low, middle, high);
  }
  throw bodyError(cursor.at - 1, 'a varint is longer than 10 bytes');
}

/** Joins 28 + 28 + 8 bits into a signed number. */
function joinInt64(low: number, middle: number, high: number): number {
  const signedHigh = (high << 24) >> 24;
  if (signedHigh >= 0) return low + middle * 2 ** 28 + signedHigh * 2 ** 56;
  // Complement first: adding the large negative part last would round.
  const inverse = (~low & 0xfffffff) + (~middle & 0xfffffff) * 2 ** 28 + ~signedHigh * 2 ** 56;
  return -1 - inverse;
}

/** Reads a length and checks that so many bytes follow; returns where they end. */
export function readLength(cursor: Cursor, end: number): number {
  const from = cursor.at;
  const length = readVarint32(cursor, end);
  if (length > end - cursor.at) {
    throw bodyError(from, `a length of ${length} reaches past the end of its message`);
  }
  return cursor.at + length;
}

export function readDouble(cursor: Cursor, end: number): number {
  if (end - cursor.at < 8) throw bodyError(cursor.at, 'the message ends within a double');
  const value = cursor.view.getFloat64(cursor.at, true);
  cursor.at += 8;
  return value;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a length and so many bytes of UTF-8. */
export function readText(cursor: Cursor, end: number): string {
  const from = cursor.at;
  const to = readLength(cursor, end);
  const bytes = cursor.bytes.subarray(cursor.at, to);
  cursor.at = to;
  try {
    return UTF8.decode(bytes);
  } catch {
    throw bodyError(from, 'a text is not UTF-8');
  }
}

/** Passes over a field whose number means nothing here. */
export function skipField(cursor: Cursor, wire: number, end: number): void {
  const from = cursor.at;
  switch (wire) {
    case WIRE_VARINT:
      readInt64(cursor, end);
      return;
    case WIRE_FIXED64:
      cursor.at += 8;
      break;
    case WIRE_BYTES:
      cursor.at = readLength(cursor, end);
      break;
    case WIRE_FIXED32:
      cursor.at += 4;
      break;
    default:
      throw bodyError(from, `a field has the unknown wire type ${wire}`);
  }
  if (cursor.at > end) throw bodyError(from, 'the message ends within a field');
}

/** Passes over a field that means nothing here, its tag included. */
export function skipOther(cursor: Cursor, end: number): void {
  const from = cursor.at;
  const tag = readVarint32(cursor, end);
  if (tag >>> 3 === 0) throw bodyError(from, 'a field has the number 0');
  skipField(cursor, tag & 7, end);
}

export function bodyError(at: number, why: string): MonError {
  return new MonError({
    code: 'bad-body',
    what: 'Cannot decode the request body',
    why: `${why} (at byte ${at} of the unpacked body)`,
    mend: 'Send the protobuf message that the Content-Type names, in a snappy block.',
  });
}
