/**
 * A segmented append-only log in a folder of its own: the server's WAL, the agent's spool.
 *
 * One writer. Calls are synchronous: the server makes them on a thread that does nothing else. Each
 * opening starts a new segment at its first append, so that an opening needs no room on the disk.
 * A failed write leaves nothing behind: the segment is cut back to where it was.
 * Format: docs/formats/wal.md.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { assert } from '../model/assert.ts';
import { readSegment } from './read-segment.ts';
import {
  type LogPosition,
  listSegments,
  SEGMENT_HEADER_BYTES,
  type SegmentFile,
  segmentHeader,
  segmentPath,
} from './segment-file.ts';

export const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;

export interface SegmentLogOptions {
  readonly dir: string;
  /** A segment that has reached this is followed by a new one; a record is never split. */
  readonly segmentBytesMax: number;
}

/** What an opening cut off the end of the last segment. */
export interface TornTail {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
}

export class SegmentLog {
  /** Set if the last segment ended in a record cut short, as a crash leaves it. */
  readonly tornTail: TornTail | undefined;
  readonly #options: SegmentLogOptions;
  #sealed: SegmentFile[];
  #nextNumber: number;
  #open: { readonly fd: number; readonly number: number; readonly path: string } | undefined;
  /** Bytes of the open segment that are whole records; what is beyond is not there. */
  #offset = 0;

  /**
   * Opens or creates the folder, and cuts a torn tail off.
   *
   * @throws MonError `log-version`; the file system's error
   */
  constructor(options: SegmentLogOptions) {
    this.#options = options;
    makeDirectory(options.dir);
    const segments = listSegments(options.dir);
    const last = segments.at(-1);
    this.#nextNumber = (last?.number ?? 0) + 1;
    this.tornTail = last === undefined ? undefined : cutTornTail(last);
    this.#sealed = this.tornTail === undefined ? segments : listSegments(options.dir);
  }

  /** All segments with records, by number; the one being written is last. */
  get segments(): readonly SegmentFile[] {
    if (this.#open === undefined) return this.#sealed;
    const { number, path } = this.#open;
    return [...this.#sealed, { number, path, bytes: this.#offset }];
  }

  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /**
   * Writes framed records (`record-frame.ts`) in order, not yet synced.
   *
   * @returns where the first of them stands
   * @throws the file system's error, after which none of them is in the log
   */
  append(frames: readonly Uint8Array[]): LogPosition {
    if (this.#open !== undefined && this.#offset >= this.#options.segmentBytesMax) this.rotate();
    const { fd, number } = this.#open ?? this.#create();
    const position = { segment: number, offset: this.#offset };
    try {
      this.#offset += writeAll(fd, frames, this.#offset);
    } catch (error) {
      this.cutBack(position);
      throw error;
    }
    return position;
  }

  /** Makes all that was appended durable. */
  sync(): void {
    if (this.#open !== undefined) fdatasyncSync(this.#open.fd);
  }

  /** Takes back what was appended at and after a position in the open segment. */
  cutBack(position: LogPosition): void {
    if (this.#open === undefined || this.#open.number !== position.segment) return;
    this.#offset = position.offset;
    ftruncateSync(this.#open.fd, position.offset);
  }

  /** Ends the open segment, synced; the next append starts another. */
  rotate(): void {
    if (this.#open === undefined) return;
    const { fd, number, path } = this.#open;
    try {
      fdatasyncSync(fd);
    } finally {
      this.#open = undefined;
      this.#sealed.push({ number, path, bytes: this.#offset });
      closeSync(fd);
    }
  }

  /** Deletes a segment that is not being written. */
  remove(number: number): void {
    assert(this.#open?.number !== number, `segment ${number} is being written`);
    this.#sealed = this.#sealed.filter((segment) => segment.number !== number);
    rmSync(segmentPath(this.#options.dir, number), { force: true });
  }

  close(): void {
    this.rotate();
  }

  #create(): { readonly fd: number; readonly number: number } {
    const number = this.#nextNumber;
    const path = segmentPath(this.#options.dir, number);
    const fd = openSync(path, 'wx');
    try {
      writeAll(fd, [segmentHeader(number)], 0);
      fsyncSync(fd);
      syncDirectory(this.#options.dir);
    } catch (error) {
      closeSync(fd);
      rmSync(path, { force: true });
      throw error;
    }
    this.#nextNumber++;
    this.#offset = SEGMENT_HEADER_BYTES;
    this.#open = { fd, number, path };
    return this.#open;
  }
}

/** Writes all buffers at a position; returns their length together. */
function writeAll(fd: number, buffers: readonly Uint8Array[], position: number): number {
  let total = 0;
  for (const buffer of buffers) total += buffer.length;
  let written = buffers.length === 1 ? 0 : writevSync(fd, buffers, position);
  // A call may write less than asked for; what is left goes out buffer by buffer.
  let skip = written;
  for (const buffer of buffers) {
    let from = Math.min(skip, buffer.length);
    skip -= from;
    while (from < buffer.length) {
      const part = writeSync(fd, buffer, from, buffer.length - from, position + written);
      from += part;
      written += part;
    }
  }
  assert(written === total, `wrote ${written} of ${total} bytes`);
  return total;
}

function cutTornTail(last: SegmentFile): TornTail | undefined {
  for (const entry of readSegment(last)) {
    if (entry.kind === 'record' || !entry.isTail) continue;
    const { offset, bytes, reason } = entry;
    if (offset === 0) rmSync(last.path);
    else truncateSync(last.path, offset);
    return { path: last.path, offset, bytes, reason };
  }
  return undefined;
}

/** Makes a folder durable, each missing parent included. */
export function makeDirectory(dir: string): void {
  const path = resolve(dir);
  const parent = dirname(path);
  try {
    mkdirSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || parent === path || existsSync(parent)) throw error;
    makeDirectory(parent);
    mkdirSync(path);
  }
  syncDirectory(parent);
}

/** Makes the names in a folder durable. */
export function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether an error says that the disk, or the quota on it, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
