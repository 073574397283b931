/**
 * Repairs the write-ahead log: a record with one flipped bit is set right, what is beyond that is
 * taken out, and the segment put in place anew. Records that are intact stay as they are.
 */
import { join } from 'node:path';
import { readFile, replaceFile } from '../files/file-actions.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { type LogDamage, readSegment } from '../log/read-segment.ts';
import {
  listSegments,
  SEGMENT_HEADER_BYTES,
  type SegmentFile,
  segmentHeader,
} from '../log/segment-file.ts';
import { PartFindings } from './part-report.ts';
import { keepOriginal, type RepairContext, type RepairedPart } from './repair-plan.ts';
import { mendRecord } from './salvage-manifest.ts';
import { verifyWal, WalWalk } from './verify-wal.ts';

/** The segments with damage, one flipped bit of each record set right, by path. */
type Mended = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

export function repairWal(
  context: RepairContext,
  isCut: (generation: number) => boolean,
): RepairedPart {
  const { dataDir, files, signal } = context;
  const aborting = signal === undefined ? {} : { signal };
  const before = verifyWal({ dataDir, files, isCut, isRunning: false, ...aborting });
  if (before.problems.length === 0) return { ...before, deed: '', keptAs: undefined };
  const segments = listSegments(join(dataDir, 'wal'), files);
  const mended = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const segment of segments) {
    signal?.throwIfAborted();
    const bytes = mendSegment(files, segment);
    if (bytes !== undefined) mended.set(segment.path, bytes);
  }
  const after = lossesOf({ files: filesWith(files, mended), isCut }, segments);
  let keptAs: string | undefined;
  for (const segment of context.isDryRun ? [] : segments) {
    const bytes = mended.get(segment.path);
    if (bytes === undefined) continue;
    keptAs = keepOriginal(context, segment.path) ?? keptAs;
    replaceFile(files, segment.path, intactParts(filesWith(files, mended), segment, bytes));
  }
  const { losses, lossesLeftOut, samplesLost, remarks } = after.report();
  const deed = `wrote ${mended.size} of ${segments.length} segments anew`;
  return { ...before, losses, lossesLeftOut, samplesLost, remarks, deed, keptAs };
}

/** What the log still lacks when flipped bits are set right. */
function lossesOf(
  wal: { readonly files: Files; readonly isCut: (generation: number) => boolean },
  segments: readonly SegmentFile[],
): PartFindings {
  const findings = new PartFindings('wal', 'wal');
  const walk = new WalWalk({ ...wal, isRunning: false }, findings);
  segments.forEach((segment, i) => {
    walk.segment(segment, i === segments.length - 1);
  });
  walk.finish();
  return findings;
}

/** Undefined where the segment is intact, or but for a torn end. */
function mendSegment(files: Files, segment: SegmentFile): Uint8Array<ArrayBuffer> | undefined {
  const damages = damagesOf(files, segment);
  if (damages.length === 0) return undefined;
  const bytes = readFile(files, segment.path);
  // The header holds nothing that the file's name does not say.
  if (bytes.length >= SEGMENT_HEADER_BYTES) bytes.set(segmentHeader(segment.number));
  for (let i = 0; i < 2 * damages.length + 1; i++) {
    const overlaid = filesWith(files, new Map([[segment.path, bytes]]));
    const left = damagesOf(overlaid, segment).filter(({ offset }) => mendRecord(bytes, offset));
    if (left.length === 0) break;
  }
  return bytes;
}

function damagesOf(files: Files, segment: SegmentFile): LogDamage[] {
  const damages: LogDamage[] = [];
  for (const entry of readSegment(segment, 0, { files })) {
    if (entry.kind === 'damage') damages.push(entry);
  }
  return damages;
}

/** Header and intact records, views of the bytes. */
function intactParts(
  files: Files,
  segment: SegmentFile,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array[] {
  const parts: Uint8Array[] = [segmentHeader(segment.number)];
  for (const entry of readSegment(segment, 0, { files })) {
    if (entry.kind === 'record') parts.push(bytes.subarray(entry.offset, entry.endOffset));
  }
  return parts;
}

/** The files, with other content at some paths for whoever reads them. */
function filesWith(files: Files, contents: Mended): Files {
  return {
    open(path, mode) {
      const content = contents.get(path);
      if (content === undefined || mode !== 'read') return files.open(path, mode);
      return new ReadBytes(content);
    },
    state: (path) => files.state(path),
    list: (dir) => files.list(dir),
    makeDirectory: (dir) => files.makeDirectory(dir),
    rename: (from, to) => files.rename(from, to),
    link: (from, to) => files.link(from, to),
    remove: (path) => files.remove(path),
    syncDirectory: (dir) => files.syncDirectory(dir),
    room: (dir) => files.room(dir),
  };
}

class ReadBytes implements OpenFile {
  readonly #content: Uint8Array;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  get bytes(): number {
    return this.#content.length;
  }

  read(into: Uint8Array, position: number): number {
    const part = this.#content.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  write(): number {
    return readOnly();
  }

  writeEach(): number {
    return readOnly();
  }

  truncate(): void {
    readOnly();
  }

  sync(): void {
    readOnly();
  }

  syncContent(): void {
    readOnly();
  }

  close(): void {
    // Nothing was opened.
  }
}

function readOnly(): never {
  throw new Error('BUG: bytes that are read only are written');
}
