/**
 * The frame of every value in a block: version, kind, content, CRC32C.
 *
 *     | version | kind | content ... | CRC32C of key, version, kind and content, u32 |
 *
 * The key is in the checksum, so that a value found under another's key does not pass. Values made
 * of columns (`columns`, `timestamps`) have the checksum over their head alone and one a column
 * within the head, so that a reader of one column need not check the others. Format:
 * docs/formats/block.md.
 */
import { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { crc32c } from '../encoding/crc32c.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { MonError } from '../model/error.ts';
import { type BlockKind, formatKey, HEADER_KEY, KIND } from './block-key.ts';

/** 2: value columns by class, and as differences from the column before. */
const VERSION = 2;
const CHECKSUM_BYTES = 4;

/** A value of a layout that this mon does not read. */
class OtherVersion extends MalformedBytes {
  constructor(version: number) {
    super(`it has version ${version}, and this mon reads version ${VERSION}`);
  }
}

/** Begins a value; the writer is cleared. */
export function beginValue(kind: BlockKind, out: ByteWriter): void {
  out.clear();
  out.u8(VERSION);
  out.u8(kind);
}

/**
 * Ends a value with its checksum.
 *
 * @param checkedBytes how much of it the checksum covers: all, or the head of a value of columns
 * @returns a copy of the whole value
 */
export function endValue(
  key: Uint8Array,
  out: ByteWriter,
  checkedBytes = out.length,
): Uint8Array<ArrayBuffer> {
  out.u32(crc32c(out.bytes, 0, checkedBytes, crc32c(key)));
  return out.copy();
}

/** A value whose version and kind are right; `content` stands after them, before the checksum. */
export function contentOf(kind: BlockKind, value: Uint8Array): ByteReader {
  if (value.length < 2 + CHECKSUM_BYTES) {
    throw new MalformedBytes(`it has only ${value.length} bytes`);
  }
  const version = value[0] as number;
  if (version !== VERSION) {
    // Not damaged, then another mon's; the header is what is read first.
    if (kind === KIND.header) checkValue(HEADER_KEY, value);
    throw new OtherVersion(version);
  }
  if (value[1] !== kind) throw new MalformedBytes(`it is of kind ${value[1]}, not ${kind}`);
  return new ByteReader(value, { start: 2, end: value.length - CHECKSUM_BYTES });
}

/** Checks value[0, checkedBytes) against the checksum at the end. */
export function checkValue(
  key: Uint8Array,
  value: Uint8Array,
  checkedBytes = value.length - CHECKSUM_BYTES,
): void {
  const stored = new ByteReader(value, { start: value.length - CHECKSUM_BYTES }).u32();
  checkSum(stored, crc32c(value, 0, checkedBytes, crc32c(key)), checkedBytes);
}

export function checkSum(stored: number, found: number, checkedBytes: number): void {
  if (stored === found) return;
  const hex = (n: number) => `0x${n.toString(16).padStart(8, '0')}`;
  throw new MalformedBytes(
    `checksum is ${hex(found)}, expected ${hex(stored)} over ${checkedBytes} bytes`,
  );
}

/** Runs `read` on a value of a block; what is wrong with it names directory and key. */
export function readingValue<T>(dir: string, key: Uint8Array, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw error instanceof OtherVersion && key[0] === KIND.header
      ? otherVersion(dir, error.message)
      : corruptBlock(dir, key, error.message);
  }
}

export function corruptBlock(dir: string, key: Uint8Array, why: string): MonError {
  return new MonError({
    code: 'corrupt-block',
    what: `Cannot read ${formatKey(key)} of block ${dir}`,
    why,
    mend: 'See what is hit with `mon storage verify`; stop the server and run `mon storage repair`.',
  });
}

function otherVersion(dir: string, why: string): MonError {
  return new MonError({
    code: 'block-version',
    what: `Cannot open block ${dir}`,
    why,
    mend: 'Run the mon that wrote it, or see docs/upgrading.md.',
  });
}
