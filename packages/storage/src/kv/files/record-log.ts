/**
 * LevelDB's log format, in which its MANIFEST and its write-ahead log are written: records in
 * blocks of 32 KB, each fragment with a checksum. Source: leveldb/doc/log_format.md.
 *
 *     | CRC32C of type and bytes, masked, u32 | length u16 | type u8 | bytes ... |
 */
import { crc32c } from '../../encoding/crc32c.ts';
import { readU32, writeU32 } from '../../log/record-frame.ts';
import { type FileFault, maskedCrc, mendBit, unmaskedCrc } from './file-fault.ts';

const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

export interface LogContent {
  readonly records: readonly Uint8Array[];
  readonly faults: readonly FileFault[];
  /** Bytes at the end that are a write cut short: never acknowledged. */
  readonly tornBytes: number;
}

export function readRecordLog(file: string, stored: Uint8Array): LogContent {
  const bytes = Uint8Array.from(stored);
  const records: Uint8Array[] = [];
  const faults: FileFault[] = [];
  let parts: Uint8Array[] = [];
  let startedAt = 0;
  let at = 0;
  const fault = (offset: number, end: number, reason: string) =>
    faults.push({ file, offset, bytes: end - offset, reason });
  while (at < bytes.length) {
    const blockEnd = Math.min(bytes.length, (Math.floor(at / BLOCK_BYTES) + 1) * BLOCK_BYTES);
    const isPadding = blockEnd - at < HEADER_BYTES;
    if (isPadding) {
      if (bytes.subarray(at, blockEnd).some((byte) => byte !== 0)) {
        fault(at, blockEnd, 'the filling between two blocks is not zero');
      }
      at = blockEnd;
      continue;
    }
    let found = fragmentAt(bytes, at, blockEnd);
    if (typeof found === 'string' && mendFragment(bytes, at, blockEnd)) {
      const reason = found;
      found = fragmentAt(bytes, at, blockEnd);
      if (typeof found !== 'string') {
        const { end } = found;
        faults.push({ file, offset: at, bytes: end - at, reason, isMended: true });
      }
    }
    if (typeof found === 'string') {
      fault(at, blockEnd, found);
      parts = [];
      at = blockEnd;
      continue;
    }
    const { type, payload, end } = found;
    const begins = type === FULL || type === FIRST;
    if (begins && parts.length > 0) {
      fault(startedAt, at, 'a record is not whole');
      parts = [];
    }
    if (!begins && parts.length === 0) {
      fault(at, end, 'a part of a record has no beginning');
    } else {
      if (begins) startedAt = at;
      parts.push(payload);
      if (type === FULL || type === LAST) records.push(Buffer.concat(parts.splice(0)));
    }
    at = end;
  }
  if (parts.length > 0) fault(startedAt, bytes.length, 'the file ends within a record');
  return withoutTornTail({ records, faults, tornBytes: 0 }, bytes);
}

function fragmentAt(bytes: Uint8Array, at: number, blockEnd: number) {
  const length = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
  const type = bytes[at + 6] as number;
  const end = at + HEADER_BYTES + length;
  if (end > blockEnd) return 'a record reaches beyond its block or the file';
  if (type < FULL || type > LAST) return `a record is of type ${type}`;
  if (unmaskedCrc(readU32(bytes, at)) !== crc32c(bytes, at + 6, end)) {
    return "a record's checksum is wrong";
  }
  return { type, payload: bytes.subarray(at + HEADER_BYTES, end), end };
}

/** Sets one flipped bit of a fragment right: of its content, its checksum, or its length. */
function mendFragment(bytes: Uint8Array, at: number, blockEnd: number): boolean {
  const length = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
  const end = at + HEADER_BYTES + length;
  // Zeros are what a write that was cut short leaves.
  if (bytes.subarray(at, Math.min(end, blockEnd)).every((byte) => byte === 0)) return false;
  if (end <= blockEnd && mendBit(bytes, { from: at + 6, to: end }, readU32(bytes, at))) {
    writeU32(bytes, at, maskedCrc(crc32c(bytes, at + 6, end)));
    return true;
  }
  for (let bit = 0; bit < 16; bit++) {
    const place = at + 4 + (bit >> 3);
    const before = bytes[place] as number;
    bytes[place] = before ^ (1 << (bit & 7));
    if (typeof fragmentAt(bytes, at, blockEnd) !== 'string') return true;
    bytes[place] = before;
  }
  return false;
}

/** One fault that reaches to the end, where the file ends early or in zeros, is a torn write. */
function withoutTornTail(content: LogContent, bytes: Uint8Array): LogContent {
  const last = content.faults.at(-1);
  if (last === undefined || last.isMended === true || last.offset + last.bytes !== bytes.length)
    return content;
  const isShort = last.reason.endsWith('the file') || last.reason.endsWith('within a record');
  if (!isShort && bytes[bytes.length - 1] !== 0) return content;
  return { ...content, faults: content.faults.slice(0, -1), tornBytes: last.bytes };
}
