/**
 * What must hold before an installation writes anything: rights, places that can be written, and a
 * program that the agent's user can run.
 */
import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { isMissing, unwritable } from './host-files.ts';
import { AGENT_USER } from './places.ts';

/** @throws MonError `needs-root` */
export function requireRoot(userId: number, action: string): void {
  if (userId === 0) return;
  throw new MonError({
    code: 'needs-root',
    what: `Cannot ${action} the agent`,
    why: 'that takes the rights of root; nothing was changed',
    mend: 'Run it with sudo; --dry-run needs no rights.',
  });
}

/**
 * Checks that an image is there: a misspelt one is not to be made.
 *
 * @throws MonError `install-unwritable`
 */
export async function requireDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((thrown: unknown) => reasonOf(thrown));
  if (typeof found !== 'string' && found.isDirectory()) return;
  throw new MonError({
    code: 'install-unwritable',
    what: `Cannot install below ${path}`,
    why: typeof found === 'string' ? found : 'it is no directory',
    mend: 'Name the directory of an image with --root, or leave it out to install on this host.',
  });
}

/**
 * Checks that files can be made in a directory, or in the nearest one above that exists.
 *
 * @throws MonError `install-unwritable`
 */
export async function requireWritable(directory: string): Promise<void> {
  for (let at = directory; ; at = dirname(at)) {
    try {
      if (!(await stat(at)).isDirectory()) throw new Error(`${at} is no directory`);
      await access(at, constants.W_OK | constants.X_OK);
      return;
    } catch (cause) {
      if (!isMissing(cause) || at === dirname(at)) throw unwritable(directory, cause);
    }
  }
}

/**
 * Why the agent's user, who owns nothing and is in no group but its own, could not run a program of
 * this host; undefined: it can.
 */
export async function programFault(path: string): Promise<MonError | undefined> {
  let resolved: string;
  try {
    resolved = await realpath(path);
  } catch (cause) {
    return unreachable(path, reasonOf(cause));
  }
  if (/\/_npx\//.test(resolved)) {
    return unreachable(path, 'it is in the cache of npx, which npm empties');
  }
  const { mode } = await stat(resolved);
  if ((mode & constants.S_IROTH) === 0) return unreachable(path, 'others may not read it');
  for (let at = dirname(resolved); ; at = dirname(at)) {
    const directory = await stat(at);
    if ((directory.mode & constants.S_IXOTH) === 0) {
      return unreachable(path, `others may not enter ${at}`);
    }
    if (at === dirname(at)) return undefined;
  }
}

/** Why a unit in an image could not run a program there; undefined: it is there. */
export async function imageProgramFault(
  image: string,
  path: string,
): Promise<MonError | undefined> {
  try {
    await stat(join(image, path));
    return undefined;
  } catch (thrown) {
    return unreachable(path, `it is not in the image: ${reasonOf(thrown)}`);
  }
}

function unreachable(path: string, why: string): MonError {
  return new MonError({
    code: 'program-unreachable',
    what: `Cannot let the user ${AGENT_USER} run ${path}`,
    why,
    mend: 'Install mon where every user can read it, such as below /usr/local or /opt.',
  });
}
