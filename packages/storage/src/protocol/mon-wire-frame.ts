/**
 * The outside of a mon wire frame: whose it is, where it stands in its session, and a checksum over
 * all of it. Format: docs/protocol/mon-wire.md.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { crc32c } from '../encoding/crc32c.ts';
import { assert } from '../model/assert.ts';
import { MonError, reasonOf } from '../model/error.ts';

/** Of the body of a request that holds one frame. */
export const MON_WIRE_TYPE = 'application/vnd.mon.wire';
/** Says on an answer that the server takes frames at the same address: the versions it takes. */
export const MON_WIRE_HEADER = 'x-mon-wire';
export const MON_WIRE_VERSION = '1';

export const SESSION_BYTES = 16;
export const FRAME_HEADER_BYTES = 40;
/** Largest payload before it is packed. */
export const FRAME_PLAIN_BYTES_MAX = 64 * 1024 * 1024;

/** `MWF1`, little-endian. */
const MAGIC = 0x3146574d;
const SESSION_AT = 4;
const EPOCH_AT = 20;
const SEQUENCE_AT = 24;
const PLAIN_BYTES_AT = 28;
const PACKING_AT = 32;
const CRC_AT = 36;
const PACKING_NONE = 0;
const PACKING_ZSTD = 1;
/** Shorter payloads are not worth packing. */
const PACKED_BYTES_MIN = 64;
const ZSTD_LEVEL = 3;
const CHUNK_SLACK_BYTES = 64;
const CHUNK_BYTES_MAX = 1024 * 1024;

export interface FrameHead {
  /** 32 hexadecimal digits. */
  readonly session: string;
  /** Counts the dictionaries of a session: each begins with nothing. */
  readonly epoch: number;
  /** Counts the frames of an epoch, from 0. */
  readonly sequence: number;
}

/** A whole frame. */
export function encodeFrame(head: FrameHead, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  assert(payload.length <= FRAME_PLAIN_BYTES_MAX, 'a payload of a frame is too long');
  const packed = payload.length < PACKED_BYTES_MIN ? payload : packed3(payload);
  const isPacked = packed.length < payload.length;
  const content = isPacked ? packed : payload;
  const frame = new Uint8Array(FRAME_HEADER_BYTES + content.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  frame.set(Buffer.from(head.session, 'hex'), SESSION_AT);
  view.setUint32(EPOCH_AT, head.epoch, true);
  view.setUint32(SEQUENCE_AT, head.sequence, true);
  view.setUint32(PLAIN_BYTES_AT, payload.length, true);
  frame[PACKING_AT] = isPacked ? PACKING_ZSTD : PACKING_NONE;
  frame.set(content, FRAME_HEADER_BYTES);
  view.setUint32(CRC_AT, checksum(frame), true);
  return frame;
}

function packed3(payload: Uint8Array): Uint8Array {
  return zstdCompressSync(payload, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
}

/** Of the header before it, then of the content. */
function checksum(frame: Uint8Array): number {
  return crc32c(frame, FRAME_HEADER_BYTES, frame.length, crc32c(frame, 0, CRC_AT));
}

/**
 * The head of a frame whose bytes are as they were sent.
 *
 * @throws MonError `bad-wire-frame`
 */
export function readFrameHead(frame: Uint8Array): FrameHead {
  if (frame.length < FRAME_HEADER_BYTES) {
    throw frameError(`it has ${frame.length} bytes, its header alone has ${FRAME_HEADER_BYTES}`);
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (view.getUint32(0, true) !== MAGIC) throw frameError('it does not begin with MWF1');
  const found = checksum(frame);
  const wanted = view.getUint32(CRC_AT, true);
  if (found !== wanted) {
    const hex = (crc: number) => `0x${crc.toString(16)}`;
    throw frameError(
      `checksum is ${hex(found)}, expected ${hex(wanted)} over ${frame.length} bytes`,
    );
  }
  return {
    session: Buffer.from(frame.subarray(SESSION_AT, EPOCH_AT)).toString('hex'),
    epoch: view.getUint32(EPOCH_AT, true),
    sequence: view.getUint32(SEQUENCE_AT, true),
  };
}

/**
 * The payload of a frame whose head was read.
 *
 * @throws MonError `bad-wire-frame`
 */
export function unpackFrame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const plainBytes = view.getUint32(PLAIN_BYTES_AT, true);
  if (plainBytes > FRAME_PLAIN_BYTES_MAX) {
    const most = `at most ${FRAME_PLAIN_BYTES_MAX} are taken`;
    throw frameError(`it unpacks to ${plainBytes} bytes, ${most}`);
  }
  const content = frame.subarray(FRAME_HEADER_BYTES);
  const plain = frame[PACKING_AT] === PACKING_NONE ? content : unpacked(frame, plainBytes);
  if (plain.length === plainBytes) return plain;
  throw frameError(`it holds ${plain.length} bytes, its header says ${plainBytes}`);
}

function unpacked(frame: Uint8Array, plainBytes: number): Uint8Array {
  const packing = frame[PACKING_AT];
  if (packing !== PACKING_ZSTD) throw frameError(`its packing ${packing} is not known`);
  try {
    const content = frame.subarray(FRAME_HEADER_BYTES);
    // One piece where it fits, since pieces are allocated and joined; and no more than is likely.
    const chunkSize = Math.min(plainBytes + CHUNK_SLACK_BYTES, CHUNK_BYTES_MAX);
    return zstdDecompressSync(content, { maxOutputLength: Math.max(plainBytes, 1), chunkSize });
  } catch (cause) {
    throw frameError(`it cannot be unpacked: ${reasonOf(cause)}`, cause);
  }
}

/** A number that is the same for all frames of a session; any number for what is no frame. */
export function sessionNumber(frame: Uint8Array): number {
  if (frame.length < FRAME_HEADER_BYTES) return 0;
  return new DataView(frame.buffer, frame.byteOffset).getUint32(SESSION_AT, true);
}

export function frameError(why: string, cause?: unknown): MonError {
  return new MonError({
    code: 'bad-wire-frame',
    what: 'Cannot read a mon wire frame',
    why,
    mend: 'Send the samples again in a new epoch, or by remote write.',
    cause,
  });
}
