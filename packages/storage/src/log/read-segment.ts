/**
 * Reads the records of one segment in order, and says where it is damaged.
 *
 * Nothing is passed over in silence: bytes that are no intact record come out as a `damage` entry,
 * after which reading goes on at the next intact record. Memory: one window of the file, as large
 * as its largest record. Format: docs/formats/wal.md.
 */
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { FRAME_BYTES, FRAME_MARK, framePayloadBytes, readU32 } from './record-frame.ts';
import { SEGMENT_HEADER_BYTES, type SegmentFile, segmentHeaderFault } from './segment-file.ts';
import { HeapWindow, type WindowMemory } from './window-memory.ts';

/** Looked through at once for the next record. */
const SEARCHED_BYTES = 512 * 1024;

export type LogEntry = LogRecord | LogDamage;

export interface LogRecord {
  readonly kind: 'record';
  readonly recordKind: number;
  /** A view that holds until the next entry is asked for. */
  readonly payload: Uint8Array;
  /** Where the record starts and ends in the file. */
  readonly offset: number;
  readonly endOffset: number;
}

export interface LogDamage {
  readonly kind: 'damage';
  readonly offset: number;
  readonly bytes: number;
  /** Nothing intact follows in this segment: what a write cut short leaves. */
  readonly isTail: boolean;
  readonly reason: string;
}

/** How a segment is read. */
export interface SegmentReading {
  readonly files?: Files;
  readonly memory?: WindowMemory;
}

/**
 * Entries from `fromOffset` (a record's start; 0 for all) to the end of the file as it is now.
 *
 * @throws MonError `log-version`; the file system's error
 */
export function* readSegment(
  file: SegmentFile,
  fromOffset = 0,
  { files = nodeFiles, memory = new HeapWindow() }: SegmentReading = {},
): Generator<LogEntry> {
  const open = files.open(file.path, 'read');
  try {
    const window = new FileWindow(open, memory);
    let at = fromOffset;
    if (at === 0) {
      const fault = segmentHeaderFault(window.view(0, SEGMENT_HEADER_BYTES), file);
      at = SEGMENT_HEADER_BYTES;
      if (fault !== undefined) {
        const damage = damageFrom(window, 0, fault);
        yield damage;
        at = damage.offset + damage.bytes;
      }
    }
    while (at < window.fileBytes) {
      const found = recordAt(window, at);
      if (typeof found === 'string') {
        const damage = damageFrom(window, at, found);
        yield damage;
        at = damage.offset + damage.bytes;
      } else {
        yield found;
        at = found.endOffset;
      }
    }
  } finally {
    open.close();
  }
}

/** The intact record at an offset, or why there is none. */
function recordAt(window: FileWindow, offset: number): LogRecord | string {
  const header = window.view(offset, FRAME_BYTES);
  if (header.length < FRAME_BYTES) return 'the file ends within the header of a record';
  const payloadBytes = framePayloadBytes(header, 0);
  if (payloadBytes < 0) return 'the header of a record is damaged';
  const bytes = window.view(offset, FRAME_BYTES + payloadBytes);
  if (bytes.length < FRAME_BYTES + payloadBytes) return 'the file ends within a record';
  const crc = window.checksum(bytes.subarray(FRAME_BYTES));
  if (readU32(bytes, 8) !== crc) return "a record's checksum is wrong";
  return {
    kind: 'record',
    recordKind: bytes[1] as number,
    payload: bytes.subarray(FRAME_BYTES),
    offset,
    endOffset: offset + bytes.length,
  };
}

/** The damage that starts at `offset`: it reaches to the next intact record or the end. */
function damageFrom(window: FileWindow, offset: number, reason: string): LogDamage {
  const next = nextRecord(window, offset);
  const isTail = next < 0;
  const end = isTail ? window.fileBytes : next;
  return { kind: 'damage', offset, bytes: end - offset, isTail, reason };
}

function nextRecord(window: FileWindow, offset: number): number {
  // Where only the payload is damaged the header still leads to the next record.
  const header = window.view(offset, FRAME_BYTES);
  const payloadBytes = header.length === FRAME_BYTES ? framePayloadBytes(header, 0) : -1;
  if (payloadBytes >= 0) {
    const next = offset + FRAME_BYTES + payloadBytes;
    if (next < window.fileBytes && typeof recordAt(window, next) !== 'string') return next;
  }
  for (let at = offset + 1; at + FRAME_BYTES <= window.fileBytes; ) {
    const chunk = window.view(at, SEARCHED_BYTES);
    const mark = chunk.indexOf(FRAME_MARK);
    if (mark < 0) at += chunk.length;
    else if (typeof recordAt(window, at + mark) !== 'string') return at + mark;
    else at += mark + 1;
  }
  return -1;
}

/** A part of a file held in memory; grows to the largest part asked for. */
class FileWindow {
  readonly fileBytes: number;
  readonly #file: OpenFile;
  readonly #memory: WindowMemory;
  #from = 0;
  #length = 0;

  constructor(file: OpenFile, memory: WindowMemory) {
    this.#file = file;
    this.#memory = memory;
    this.fileBytes = file.bytes;
  }

  /** `bytes` bytes at `offset`, fewer at the end of the file; valid until the next call. */
  view(offset: number, bytes: number): Uint8Array {
    const wanted = Math.min(bytes, this.fileBytes - offset);
    if (offset < this.#from || offset + wanted > this.#from + this.#length) {
      this.#fill(offset, wanted);
    }
    const from = offset - this.#from;
    return this.#memory.bytes.subarray(from, from + Math.min(wanted, this.#length - from));
  }

  /** CRC32C of what `view` gave. */
  checksum(viewed: Uint8Array): number {
    return this.#memory.checksum(viewed);
  }

  #fill(offset: number, bytes: number): void {
    if (bytes > this.#memory.bytes.length) this.#memory.grow(bytes);
    const { bytes: buffer } = this.#memory;
    this.#from = offset;
    this.#length = 0;
    while (this.#length < buffer.length) {
      const read = this.#file.read(buffer.subarray(this.#length), offset + this.#length);
      if (read === 0) break;
      this.#length += read;
    }
  }
}
