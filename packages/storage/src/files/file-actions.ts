/**
 * What is done with files in several places: folders that last, whole reads and writes.
 */
import { dirname, resolve } from 'node:path';
import { assert } from '../model/assert.ts';
import type { Files, OpenFile } from './files.ts';

const PIECE_BYTES = 1024 * 1024;

/**
 * Makes a folder durable, each missing parent included. One that is there may be so in the kernel's
 * memory alone, if whoever made it was killed: it is made durable all the same.
 */
export function makeDirectory(files: Files, dir: string): void {
  const path = resolve(dir);
  const parent = dirname(path);
  const isThere = files.state(path)?.isDirectory === true;
  if (!isThere) {
    if (parent !== path) makeDirectory(files, parent);
    makeOne(files, path);
  }
  try {
    files.syncDirectory(parent);
  } catch (error) {
    // Who may not read the parent did not make the folder either.
    if (!isThere || !isCode(error, 'EACCES')) throw error;
  }
}

function makeOne(files: Files, path: string): void {
  try {
    files.makeDirectory(path);
  } catch (error) {
    // Another process was faster.
    if (!isCode(error, 'EEXIST') || !files.state(path)?.isDirectory) throw error;
  }
}

/** All bytes of a file. */
export function readWhole(file: OpenFile): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(file.bytes);
  let length = 0;
  while (length < bytes.length) {
    const read = file.read(bytes.subarray(length), length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** All bytes of the file at a path. */
export function readFile(files: Files, path: string): Uint8Array<ArrayBuffer> {
  const file = files.open(path, 'read');
  try {
    return readWhole(file);
  } finally {
    file.close();
  }
}

/** Writes all buffers at a position; returns their length together. */
export function writeWhole(
  file: OpenFile,
  buffers: readonly Uint8Array[],
  position: number,
): number {
  let total = 0;
  for (const buffer of buffers) total += buffer.length;
  let written = buffers.length === 1 ? 0 : file.writeEach(buffers, position);
  // A call may write less than asked for; what is left goes out buffer by buffer.
  let skip = written;
  for (const buffer of buffers) {
    let from = Math.min(skip, buffer.length);
    skip -= from;
    while (from < buffer.length) {
      const part = file.write(buffer.subarray(from), position + written);
      from += part;
      written += part;
    }
  }
  assert(written === total, `wrote ${written} of ${total} bytes`);
  return total;
}

/** Puts a whole new file in place, durably; a crash leaves the old one or the new. */
export function replaceFile(files: Files, path: string, content: readonly Uint8Array[]): void {
  const file = files.open(`${path}.new`, 'replace');
  try {
    writeWhole(file, content, 0);
    file.sync();
  } finally {
    file.close();
  }
  files.rename(`${path}.new`, path);
  files.syncDirectory(dirname(path));
}

/**
 * Makes durable what a reader sees of a file that a process before wrote.
 *
 * A sync alone is not enough: where one has failed, the kernel may hold pages that it takes for
 * written and the disk does not have. Written over themselves they are written again.
 */
export function makeSeenDurable(file: OpenFile): void {
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; ; ) {
    const read = file.read(piece, at);
    if (read === 0) break;
    at += writeWhole(file, [piece.subarray(0, read)], at);
  }
  file.sync();
}

/** Makes a file's content durable, whoever wrote it. */
export function syncFile(files: Files, path: string): void {
  const file = files.open(path, 'read');
  try {
    file.sync();
  } finally {
    file.close();
  }
}

/** Whether an error is the system's error of this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Whether an error says that the disk, or the quota on it, is full. */
export function isDiskFull(error: unknown): boolean {
  return isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT');
}
