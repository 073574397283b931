/**
 * Snappy's block format, as remote write uses it: one length prefix, one block.
 *
 * `copyOutputData` is set because on Node 26 the default hands out external memory, which costs
 * milliseconds of system time a call. Format: google/snappy format_description.txt.
 */
import snappy from 'snappy';
import { SnappyUnpacker } from './snappy-unpacker.ts';

/** Packs bytes into one snappy block. */
export function packSnappy(plain: Uint8Array): Uint8Array<ArrayBuffer> {
  return snappy.compressSync(plain, { copyOutputData: true }) as Uint8Array<ArrayBuffer>;
}

/**
 * Unpacks one snappy block into memory of its own; who unpacks many keeps a `SnappyUnpacker`.
 *
 * @throws MonError `bad-body`
 */
export function unpackSnappy(packed: Uint8Array, plainBytesMax?: number): Uint8Array<ArrayBuffer> {
  return new SnappyUnpacker().unpack(packed, plainBytesMax).slice();
}
