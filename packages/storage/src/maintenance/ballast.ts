/**
 * `DIR/ballast`: room kept for the moment when the disk is full.
 *
 * Then most of it is given back, so that a cut can be written and the WAL it covers removed. The
 * rest is kept for a start on the full disk, since LevelDB writes when it opens.
 */
import { join } from 'node:path';
import { isDiskFull } from '../files/file-actions.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';

/** Part of the file system that the ballast takes at most. */
const SHARE_MAX = 0.01;
/** Part of the ballast that stays when the disk is full. */
const KEPT_SHARE = 0.25;
/** Room that there must be beside the ballast before writes resume. */
const ROOM_BYTES_MIN = 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

export class Ballast {
  readonly #dataDir: string;
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #files: Files;

  constructor(dataDir: string, bytesMax: number, files: Files = nodeFiles) {
    this.#dataDir = dataDir;
    this.#path = ballastPath(dataDir);
    this.#bytesMax = bytesMax;
    this.#files = files;
  }

  /**
   * Makes the ballast whole.
   *
   * @returns false where there is no room for it and a little more
   */
  fill(): boolean {
    const wanted = this.#bytesWanted();
    const held = this.#files.state(this.#path)?.bytes ?? 0;
    const { freeBytes } = this.#files.room(this.#dataDir);
    if (freeBytes < wanted - held + ROOM_BYTES_MIN) return false;
    if (held >= wanted) return true;
    try {
      this.#write(held, wanted);
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#change((file) => file.truncate(held));
      return false;
    }
  }

  /** Gives most of it back. */
  release(): void {
    const held = this.#files.state(this.#path)?.bytes;
    if (held === undefined) return;
    const kept = Math.floor(this.#bytesWanted() * KEPT_SHARE);
    if (held > kept) this.#change((file) => file.truncate(kept));
  }

  #bytesWanted(): number {
    const { allBytes } = this.#files.room(this.#dataDir);
    return Math.min(this.#bytesMax, Math.floor(allBytes * SHARE_MAX));
  }

  /** Real bytes: a hole would hold no room. */
  #write(from: number, to: number): void {
    const chunk = new Uint8Array(CHUNK_BYTES);
    this.#change((file) => {
      for (let at = from; at < to; ) at += file.write(chunk.subarray(0, to - at), at);
      file.sync();
    });
  }

  #change(act: (file: OpenFile) => void): void {
    const isThere = this.#files.state(this.#path) !== undefined;
    const file = this.#files.open(this.#path, isThere ? 'change' : 'create');
    try {
      act(file);
    } finally {
      file.close();
    }
  }
}

function ballastPath(dataDir: string): string {
  return join(dataDir, 'ballast');
}

/**
 * Gives all of it back, so that a start on a full disk has room.
 *
 * @returns whether there was any
 */
export function dropBallast(dataDir: string, files: Files = nodeFiles): boolean {
  const path = ballastPath(dataDir);
  const held = files.state(path)?.bytes ?? 0;
  files.remove(path);
  return held > 0;
}
