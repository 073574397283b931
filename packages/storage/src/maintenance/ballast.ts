/**
 * `DIR/ballast`: room kept for the moment when the disk is full.
 *
 * Then most of it is given back, so that a cut can be written and the WAL it covers removed. The
 * rest is kept for a start on the full disk, since LevelDB writes when it opens.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isDiskFull } from '../log/segment-log.ts';

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

  constructor(dataDir: string, bytesMax: number) {
    this.#dataDir = dataDir;
    this.#path = ballastPath(dataDir);
    this.#bytesMax = bytesMax;
  }

  /**
   * Makes the ballast whole.
   *
   * @returns false where there is no room for it and a little more
   */
  fill(): boolean {
    const wanted = this.#bytesWanted();
    const held = existsSync(this.#path) ? statSync(this.#path).size : 0;
    const { bavail, bsize } = statfsSync(this.#dataDir);
    if (bavail * bsize < wanted - held + ROOM_BYTES_MIN) return false;
    if (held >= wanted) return true;
    try {
      this.#write(held, wanted);
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      truncateSync(this.#path, held);
      return false;
    }
  }

  /** Gives most of it back. */
  release(): void {
    if (!existsSync(this.#path)) return;
    const kept = Math.floor(this.#bytesWanted() * KEPT_SHARE);
    if (statSync(this.#path).size > kept) truncateSync(this.#path, kept);
  }

  #bytesWanted(): number {
    const { blocks, bsize } = statfsSync(this.#dataDir);
    return Math.min(this.#bytesMax, Math.floor(blocks * bsize * SHARE_MAX));
  }

  /** Real bytes: a hole would hold no room. */
  #write(from: number, to: number): void {
    const fd = openSync(this.#path, 'a');
    try {
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (let at = from; at < to; ) at += writeSync(fd, chunk, 0, Math.min(chunk.length, to - at));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
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
export function dropBallast(dataDir: string): boolean {
  const path = ballastPath(dataDir);
  const held = existsSync(path) ? statSync(path).size : 0;
  rmSync(path, { force: true });
  return held > 0;
}
