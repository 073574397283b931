/**
 * Segments of a log: their names and their header. Format: docs/formats/wal.md.
 */
import { join } from 'node:path';
import { crc32c } from '../encoding/crc32c.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { MonError } from '../model/error.ts';
import { readU32, writeU32 } from './record-frame.ts';

/** `monlog`, two bytes of version. */
const MAGIC = Uint8Array.of(0x6d, 0x6f, 0x6e, 0x6c, 0x6f, 0x67, 0x00, 0x01);
const VERSION_AT = 6;
const VERSION = 1;
export const SEGMENT_HEADER_BYTES = 16;

/** A place in a log. */
export interface LogPosition {
  readonly segment: number;
  /** Byte in the segment's file. */
  readonly offset: number;
}

export interface SegmentFile {
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
}

export function segmentPath(dir: string, number: number): string {
  return join(dir, String(number).padStart(8, '0'));
}

/** The segments of a folder, by number; anything else in it is passed over. */
export function listSegments(dir: string, files: Files = nodeFiles): SegmentFile[] {
  return files
    .list(dir)
    .filter((name) => /^\d{8,}$/.test(name))
    .map((name) => {
      const path = join(dir, name);
      return { number: Number(name), path, bytes: files.state(path)?.bytes ?? 0 };
    })
    .sort((a, b) => a.number - b.number);
}

export function segmentHeader(number: number): Uint8Array {
  const header = new Uint8Array(SEGMENT_HEADER_BYTES);
  header.set(MAGIC);
  writeU32(header, 8, number);
  writeU32(header, 12, crc32c(header, 0, 12));
  return header;
}

/**
 * What is wrong with a segment's first bytes, or undefined.
 *
 * @throws MonError `log-version` where an intact header is of another version: to take its records
 *   for damage would cut them off
 */
export function segmentHeaderFault(
  header: Uint8Array,
  { number, path }: SegmentFile,
): string | undefined {
  if (header.length < SEGMENT_HEADER_BYTES) return `the file has only ${header.length} bytes`;
  const isLog = MAGIC.every((byte, i) => i >= VERSION_AT || header[i] === byte);
  if (!isLog) return 'it does not start as a log segment';
  if (readU32(header, 12) !== crc32c(header, 0, 12)) return "the header's checksum is wrong";
  const version = ((header[VERSION_AT] as number) << 8) | (header[VERSION_AT + 1] as number);
  if (version !== VERSION) {
    throw new MonError({
      code: 'log-version',
      what: `Cannot read ${path}`,
      why: `it is a log of version ${version}, this program reads version ${VERSION}`,
      mend: 'Start the version of mon that wrote it.',
    });
  }
  if (readU32(header, 8) !== number) return `its header says segment ${readU32(header, 8)}`;
  return undefined;
}
