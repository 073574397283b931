/**
 * Snappy's block format, as remote write uses it: one length prefix, one block.
 *
 * `copyOutputData` is set because on Node 26 the default hands out external memory, which costs
 * milliseconds of system time a call. Format: google/snappy format_description.txt.
 */
import snappy from 'snappy';
import { MonError, reasonOf } from '../model/error.ts';

const COPY = { copyOutputData: true, asBuffer: true } as const;

/** Largest plain size a body may unpack to. */
export const PLAIN_BYTES_MAX = 128 * 1024 * 1024;

/** Packs bytes into one snappy block. */
export function packSnappy(plain: Uint8Array): Uint8Array<ArrayBuffer> {
  return snappy.compressSync(plain, { copyOutputData: true }) as Uint8Array<ArrayBuffer>;
}

/**
 * Unpacks one snappy block of at most `plainBytesMax`.
 *
 * @throws MonError `bad-body`
 */
export function unpackSnappy(
  packed: Uint8Array,
  plainBytesMax: number = PLAIN_BYTES_MAX,
): Uint8Array<ArrayBuffer> {
  const plainBytes = plainBytesOf(packed);
  if (plainBytes > plainBytesMax) {
    const why = `it unpacks to ${plainBytes} bytes, at most ${plainBytesMax} are taken`;
    throw snappyError(why, 'Send smaller batches.');
  }
  try {
    return snappy.uncompressSync(packed, COPY) as Uint8Array<ArrayBuffer>;
  } catch (cause) {
    throw snappyError(`the block of ${packed.length} bytes is damaged (${reasonOf(cause)})`);
  }
}

/** The plain size that the block's varint prefix names. */
function plainBytesOf(packed: Uint8Array): number {
  let bytes = 0;
  for (let i = 0; i < 5; i++) {
    const byte = packed[i];
    if (byte === undefined) throw snappyError(`it ends at byte ${i}, within the length prefix`);
    bytes += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return bytes;
  }
  throw snappyError('its length prefix is longer than 5 bytes (at byte 0)');
}

function snappyError(
  why: string,
  mend = 'Send a remote-write body in the snappy block format (not the framed one).',
): MonError {
  return new MonError({
    code: 'bad-body',
    what: 'Cannot unpack the request body as snappy',
    why,
    mend,
  });
}
