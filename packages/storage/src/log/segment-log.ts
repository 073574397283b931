/**
 * A segmented append-only log in a folder of its own: the server's WAL, the agent's spool.
 *
 * One writer. Calls are synchronous: the server makes them on a thread that does nothing else. Each
 * opening starts a new segment at its first append, so that an opening needs no room on the disk.
 * A failed write leaves nothing behind: the segment is cut back to where it was.
 * Format: docs/formats/wal.md.
 */
import { makeDirectory, writeWhole } from '../files/file-actions.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
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
  readonly files?: Files;
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
  readonly #files: Files;
  #sealed: SegmentFile[];
  #nextNumber: number;
  #open: { readonly file: OpenFile; readonly number: number; readonly path: string } | undefined;
  /** Bytes of the open segment that are whole records; what is beyond is not there. */
  #offset = 0;

  /**
   * Opens or creates the folder, and cuts a torn tail off.
   *
   * @throws MonError `log-version`; the file system's error
   */
  constructor(options: SegmentLogOptions) {
    const { dir, files = nodeFiles } = options;
    this.#options = options;
    this.#files = files;
    makeDirectory(files, dir);
    const segments = listSegments(dir, files);
    const last = segments.at(-1);
    this.#nextNumber = (last?.number ?? 0) + 1;
    this.tornTail = last === undefined ? undefined : cutTornTail(last, files);
    this.#sealed = this.tornTail === undefined ? segments : listSegments(dir, files);
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
    const { file, number } = this.#open ?? this.#create();
    const position = { segment: number, offset: this.#offset };
    try {
      this.#offset += writeWhole(file, frames, this.#offset);
    } catch (error) {
      this.cutBack(position);
      throw error;
    }
    return position;
  }

  /** Makes all that was appended durable. */
  sync(): void {
    this.#open?.file.syncContent();
  }

  /** Takes back what was appended at and after a position in the open segment. */
  cutBack(position: LogPosition): void {
    if (this.#open === undefined || this.#open.number !== position.segment) return;
    this.#offset = position.offset;
    this.#open.file.truncate(position.offset);
  }

  /** Ends the open segment, synced; the next append starts another. */
  rotate(): void {
    if (this.#open === undefined) return;
    const { file, number, path } = this.#open;
    try {
      file.syncContent();
    } finally {
      this.#open = undefined;
      this.#sealed.push({ number, path, bytes: this.#offset });
      file.close();
    }
  }

  /** Deletes a segment that is not being written. */
  remove(number: number): void {
    assert(this.#open?.number !== number, `segment ${number} is being written`);
    this.#sealed = this.#sealed.filter((segment) => segment.number !== number);
    this.#files.remove(segmentPath(this.#options.dir, number));
  }

  close(): void {
    this.rotate();
  }

  #create(): { readonly file: OpenFile; readonly number: number } {
    const number = this.#nextNumber;
    const path = segmentPath(this.#options.dir, number);
    const file = this.#files.open(path, 'create');
    try {
      writeWhole(file, [segmentHeader(number)], 0);
      file.sync();
      this.#files.syncDirectory(this.#options.dir);
    } catch (error) {
      file.close();
      this.#files.remove(path);
      throw error;
    }
    this.#nextNumber++;
    this.#offset = SEGMENT_HEADER_BYTES;
    this.#open = { file, number, path };
    return this.#open;
  }
}

function cutTornTail(last: SegmentFile, files: Files): TornTail | undefined {
  for (const entry of readSegment(last, 0, { files })) {
    if (entry.kind === 'record' || !entry.isTail) continue;
    const { offset, bytes, reason } = entry;
    if (offset === 0) files.remove(last.path);
    else truncateFile(files, last.path, offset);
    return { path: last.path, offset, bytes, reason };
  }
  return undefined;
}

function truncateFile(files: Files, path: string, bytes: number): void {
  const file = files.open(path, 'change');
  try {
    file.truncate(bytes);
  } finally {
    file.close();
  }
}
