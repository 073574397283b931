/**
 * Files of an installation on disk, below a root directory: read, written whole by rename, removed.
 */
import { link, lstat, mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MonError, reasonOf } from '@mon/storage/model/error';
import type { PresentFile } from './file-acts.ts';

const DIRECTORY_MODE = 0o755;

/** undefined: nothing is there. */
export async function presentFile(path: string): Promise<PresentFile | undefined> {
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (thrown) {
    return isMissing(thrown) ? undefined : 'unreadable';
  }
}

/** Whether anything is there, a dangling link included. */
export async function isPresent(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    // What cannot be looked at is there as far as anybody can tell.
    return !isMissing(thrown);
  }
}

/**
 * Writes a file whole: at no time is there a part of it under its name.
 *
 * @throws MonError `install-unwritable`
 */
export async function writeWhole(
  path: string,
  { text, mode }: { readonly text: string; readonly mode: number },
): Promise<void> {
  const temporary = join(dirname(path), `.mon-install-${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    // A link that somebody left under that name would be written through.
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.chmod(mode);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, cause);
  }
}

/**
 * Gives a file a second name, in place of what has that name: the first is not gone for a moment.
 *
 * @throws MonError `install-unwritable`
 */
export async function linkFile(from: string, to: string): Promise<void> {
  try {
    await rm(to, { force: true });
    await link(from, to);
  } catch (cause) {
    throw unwritable(to, cause);
  }
}

/**
 * Removes a file, or a directory with all that is in it; says whether there was one.
 *
 * @throws MonError `install-unwritable`
 */
export async function removeWhole(path: string): Promise<boolean> {
  if (!(await isPresent(path))) return false;
  try {
    await rm(path, { recursive: true, force: true });
    return true;
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Removes a directory if nothing is in it; says whether it did. */
export async function removeEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (isMissing(thrown) || code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw unwritable(path, thrown);
  }
}

export function unwritable(path: string, cause: unknown): MonError {
  return new MonError({
    code: 'install-unwritable',
    what: `Cannot write ${path}`,
    why: reasonOf(cause),
    mend: 'Make the place writable and run the command again; it goes on where it stopped.',
    cause,
  });
}

export function isMissing(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
