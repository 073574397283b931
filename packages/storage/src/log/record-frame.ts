/**
 * The frame around each record of a log: marks, kind, length, checksums.
 *
 * The header has a check of its own, so that a reader that meets damage knows whether the length
 * still tells where the next record starts. Format: docs/formats/wal.md.
 */
import { crc32c } from '../encoding/crc32c.ts';

/**
 *     0        1        2                 4                 8                12
 *     | mark   | kind   | header check    | payload bytes   | CRC32C of the  | payload ...
 *     | 0xa5   | u8     | u16             | u32             | payload, u32   |
 */
export const FRAME_BYTES = 12;
export const FRAME_MARK = 0xa5;
/** A longer record is a bug of the writer; a reader takes such a length for damage. */
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Writes the header of a record whose payload already stands at `at + FRAME_BYTES`.
 *
 * @returns where the record ends
 */
export function sealFrame(
  bytes: Uint8Array,
  at: number,
  record: { readonly kind: number; readonly payloadBytes: number },
): number {
  const payloadFrom = at + FRAME_BYTES;
  const crc = crc32c(bytes, payloadFrom, payloadFrom + record.payloadBytes);
  return writeFrame(bytes, at, { ...record, crc });
}

/** Writes the header of a record whose checksum is known; returns where the record ends. */
export function writeFrame(
  bytes: Uint8Array,
  at: number,
  record: { readonly kind: number; readonly payloadBytes: number; readonly crc: number },
): number {
  const { kind, payloadBytes, crc } = record;
  bytes[at] = FRAME_MARK;
  bytes[at + 1] = kind;
  writeU32(bytes, at + 4, payloadBytes);
  writeU32(bytes, at + 8, crc);
  const check = headerCheck(bytes, at);
  bytes[at + 2] = check & 0xff;
  bytes[at + 3] = check >>> 8;
  return at + FRAME_BYTES + payloadBytes;
}

/** A record of its own: header and payload in one buffer. */
export function framedRecord(kind: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(FRAME_BYTES + payload.length);
  bytes.set(payload, FRAME_BYTES);
  sealFrame(bytes, 0, { kind, payloadBytes: payload.length });
  return bytes;
}

/**
 * Payload length of the frame header at `at`, or -1 where there is none; its 12 bytes are there.
 */
export function framePayloadBytes(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== FRAME_MARK) return -1;
  const check = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
  if (check !== headerCheck(bytes, at)) return -1;
  const payloadBytes = readU32(bytes, at + 4);
  return payloadBytes <= PAYLOAD_BYTES_MAX ? payloadBytes : -1;
}

/** Whether the payload of the frame at `at` has the checksum its header names. */
export function isPayloadIntact(bytes: Uint8Array, at: number, payloadBytes: number): boolean {
  const from = at + FRAME_BYTES;
  return readU32(bytes, at + 8) === crc32c(bytes, from, from + payloadBytes);
}

/** 16 bits over mark, kind, length and payload checksum. */
function headerCheck(bytes: Uint8Array, at: number): number {
  const crc = crc32c(bytes, at + 4, at + FRAME_BYTES, (bytes[at + 1] as number) + 1);
  return (crc ^ (crc >>> 16)) & 0xffff;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
