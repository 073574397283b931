/**
 * A segmented append-only log in a folder of its own: the server's WAL, the agent's spool.
 *
 * One writer. Calls are synchronous: the server makes them on a thread that does nothing else. Each
 * opening starts a new segment at its first append, so that an opening needs no room on the disk.
 * A failed write leaves nothing behind: the segment is cut back to where it was, and nothing is
 * appended or called durable before that is so. A process that was killed leaves bytes that the
 * kernel alone holds: an opening makes them durable before anyone reads them.
 * Format: docs/formats/wal.md.
 */
import { makeDirectory, makeSeenDurable, writeWhole } from '../files/file-actions.ts';
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

interface OpenSegment {
  readonly file: OpenFile;
  readonly number: number;
  readonly path: string;
}

export class SegmentLog {
  /** Set if the last segment ended in a record cut short, as a crash leaves it. */
  readonly tornTail: TornTail | undefined;
  readonly #options: SegmentLogOptions;
  readonly #files: Files;
  #sealed: SegmentFile[];
  #nextNumber: number;
  #open: OpenSegment | undefined;
  /** Bytes of the open segment that are whole records; what is beyond does not count. */
  #offset = 0;
  /** Something may be beyond, or was until now and the disk does not know: no other segment yet. */
  #isCutDue = false;
  #isCutUnsynced = false;

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
    this.tornTail = last === undefined ? undefined : mendLast(last, files);
    files.syncDirectory(dir);
    this.#sealed = this.tornTail === undefined ? segments : listSegments(dir, files);
  }

  /** All segments with records, by number; the one being written is last. */
  get segments(): readonly SegmentFile[] {
    if (this.#open === undefined) return this.#sealed;
    const { number, path } = this.#open;
    return [...this.#sealed, { number, path, bytes: this.#offset }];
  }

  /** The segment being written. */
  get openSegment(): number | undefined {
    return this.#open?.number;
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
    if (this.#isCutDue) this.#cut();
    try {
      this.#offset += writeWhole(file, frames, this.#offset);
    } catch (error) {
      this.cutBack(position);
      throw error;
    }
    return position;
  }

  /** Makes all that was appended durable. After an error it is not, and is to be cut back. */
  sync(): void {
    this.#open?.file.syncContent();
    this.#isCutUnsynced = false;
  }

  /**
   * Takes back what was appended at and after a position in the open segment: at the latest before
   * the next append.
   */
  cutBack(position: LogPosition): void {
    if (this.#open === undefined || this.#open.number !== position.segment) return;
    this.#offset = position.offset;
    this.#isCutDue = true;
    this.#isCutUnsynced = true;
    try {
      this.#cut();
    } catch {
      // The caller has the error that led here; the next append begins with the cut.
    }
  }

  #cut(): void {
    this.#open?.file.truncate(this.#offset);
    this.#isCutDue = false;
  }

  /**
   * Ends the open segment, synced; the next append starts another.
   *
   * @throws the file system's error; the segment stays open where it would hold what was cut back
   */
  rotate(): void {
    if (this.#open === undefined) return;
    if (this.#isCutDue) this.#cut();
    if (this.#isCutUnsynced) this.sync();
    this.#end(this.#open);
  }

  #end({ file, number, path }: OpenSegment): void {
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
    if (this.#open === undefined) return;
    try {
      if (this.#isCutDue) this.#cut();
    } finally {
      this.#end(this.#open);
    }
  }

  #create(): OpenSegment {
    // A number whose file could not be made is not used again: it may be there all the same.
    const number = this.#nextNumber++;
    const path = segmentPath(this.#options.dir, number);
    const file = this.#files.open(path, 'create');
    try {
      writeWhole(file, [segmentHeader(number)], 0);
      file.sync();
      this.#files.syncDirectory(this.#options.dir);
    } catch (error) {
      file.close();
      this.#discard(path);
      throw error;
    }
    this.#offset = SEGMENT_HEADER_BYTES;
    this.#open = { file, number, path };
    return this.#open;
  }

  #discard(path: string): void {
    try {
      this.#files.remove(path);
    } catch {
      // A segment without records: the next opening reads nothing from it.
    }
  }
}

/** Makes the last segment durable as it is read from now on: without its torn tail. */
function mendLast(last: SegmentFile, files: Files): TornTail | undefined {
  const torn = tornTailOf(last, files);
  if (torn?.offset === 0) {
    files.remove(last.path);
    return torn;
  }
  const file = files.open(last.path, 'change');
  try {
    if (torn !== undefined) file.truncate(torn.offset);
    makeSeenDurable(file);
  } finally {
    file.close();
  }
  return torn;
}

function tornTailOf(last: SegmentFile, files: Files): TornTail | undefined {
  for (const entry of readSegment(last, 0, { files })) {
    if (entry.kind === 'record' || !entry.isTail) continue;
    const { offset, bytes, reason } = entry;
    return { path: last.path, offset, bytes, reason };
  }
  return undefined;
}
