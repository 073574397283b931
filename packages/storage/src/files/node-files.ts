/** The file system of the host, by `node:fs`. */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
  writevSync,
} from 'node:fs';
import type { Files, OpenFile, OpenMode } from './files.ts';

const FLAGS: Readonly<Record<OpenMode, string>> = {
  read: 'r',
  change: 'r+',
  create: 'wx+',
  replace: 'w+',
};

class NodeFile implements OpenFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get bytes(): number {
    return fstatSync(this.#fd).size;
  }

  read(into: Uint8Array, position: number): number {
    return readSync(this.#fd, into, 0, into.length, position);
  }

  write(bytes: Uint8Array, position: number): number {
    return writeSync(this.#fd, bytes, 0, bytes.length, position);
  }

  writeEach(buffers: readonly Uint8Array[], position: number): number {
    return writevSync(this.#fd, buffers, position);
  }

  truncate(bytes: number): void {
    ftruncateSync(this.#fd, bytes);
  }

  sync(): void {
    fsyncSync(this.#fd);
  }

  syncContent(): void {
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

export const nodeFiles: Files = {
  open: (path, mode) => new NodeFile(openSync(path, FLAGS[mode])),
  state(path) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    return { bytes: found.size, isDirectory: found.isDirectory() };
  },
  list: (dir) => readdirSync(dir),
  makeDirectory: (dir) => mkdirSync(dir),
  rename: (from, to) => renameSync(from, to),
  link: (from, to) => linkSync(from, to),
  remove: (path) => rmSync(path, { recursive: true, force: true }),
  syncDirectory(dir) {
    const fd = openSync(dir, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  room(dir) {
    const { blocks, bavail, bsize } = statfsSync(dir);
    return { allBytes: blocks * bsize, freeBytes: bavail * bsize };
  },
};
