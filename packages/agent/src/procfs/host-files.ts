/**
 * Files of the host under a root directory: `/` in production, a tree of fixtures in tests.
 *
 * Reads are synchronous on purpose: files of /proc and /sys are made up by the kernel when read and
 * never wait for a disk. What can hang (statfs on a dead mount) does not go through here.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export class HostFiles {
  readonly #root: string;

  constructor(root = '/') {
    this.#root = root;
  }

  /** The file's text; node's own error where it cannot be read. */
  text(path: string): string {
    return readFileSync(join(this.#root, path), 'utf8');
  }

  /** The file's text, or undefined where there is none or it may not be read. */
  textIfAny(path: string): string | undefined {
    try {
      return this.text(path);
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw thrown;
    }
  }

  /** Sorted names in a directory; none where it is missing. */
  names(path: string): string[] {
    try {
      return readdirSync(join(this.#root, path)).sort();
    } catch (thrown) {
      if (isAbsent(thrown)) return [];
      throw thrown;
    }
  }

  /** Where a symbolic link points, or undefined where it is none. */
  linkTarget(path: string): string | undefined {
    try {
      return readlinkSync(join(this.#root, path));
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw thrown;
    }
  }

  /** The path on this machine, for what reads by itself. */
  resolve(path: string): string {
    return join(this.#root, path);
  }
}

/** Kernels leave files out, refuse them to users, or answer EINVAL and ENODATA for "not here". */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EINVAL', 'ENODATA', 'EOPNOTSUPP']);

function isAbsent(thrown: unknown): boolean {
  return ABSENT.has((thrown as NodeJS.ErrnoException).code ?? '');
}
