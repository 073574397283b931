/**
 * Work of `mon storage` on a directory whose server is down.
 */
import { nodeFiles } from '@mon/storage/files/node-files';
import { LockFile } from '@mon/storage/lock-file';
import { errorFrame, MonError } from '@mon/storage/model/error';
import { terminalSize } from './repaint.ts';

/**
 * Runs work that reads a directory, which no server may open meanwhile.
 *
 * @param online what to do where a server has it open
 * @throws MonError `data-dir-locked`, `data-dir-unusable`
 */
export async function withDirectory<T>(
  dataDir: string,
  { nowMs, online }: { readonly nowMs: number; readonly online: string },
  work: () => Promise<T>,
): Promise<T> {
  refuseNoDirectory(dataDir);
  const lock = onlineHint(online, () => LockFile.claim(dataDir, nowMs));
  try {
    lock.confirm();
    return await work();
  } finally {
    lock.release();
  }
}

/** Says of a directory whose server is up what to do instead. */
export function onlineHint<T>(online: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    throw withMend(thrown, online);
  }
}

export function withMend(thrown: unknown, mend: string): unknown {
  if (!(thrown instanceof MonError) || thrown.code !== 'data-dir-locked') return thrown;
  return new MonError({ ...errorFrame(thrown), mend, cause: thrown });
}

/** @throws MonError `data-dir-unusable` where there is no data directory */
export function refuseNoDirectory(dataDir: string): void {
  const names = nodeFiles.state(dataDir)?.isDirectory === true ? nodeFiles.list(dataDir) : [];
  if (['wal', 'blocks', 'meta', 'MANIFEST.log'].some((name) => names.includes(name))) return;
  throw new MonError({
    code: 'data-dir-unusable',
    what: `Cannot read ${dataDir} as a data directory`,
    why: 'there is no MANIFEST.log, blocks, wal or meta in it',
    mend: 'Name the directory that `mon server` was given with --data-dir.',
  });
}

/** How wide a report may be: the terminal, or 80 columns where there is none. */
export function reportWidth(): number {
  return process.stdout.isTTY === true ? terminalSize().columns : 80;
}
