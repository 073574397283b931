/**
 * Takes a data directory into possession: makes it, locks it, opens `DIR/meta`.
 */
import { join } from 'node:path';
import type { DatabaseOptions } from './database-options.ts';
import { isDiskFull, makeDirectory } from './files/file-actions.ts';
import { nodeFiles } from './files/node-files.ts';
import { LevelMetaStore } from './kv/level-meta-store.ts';
import { LockFile } from './lock-file.ts';
import { MonError, reasonOf } from './model/error.ts';

export interface DataDir {
  readonly meta: LevelMetaStore;
  readonly lock: LockFile;
}

/** @throws MonError `data-dir-locked`, `data-dir-unusable`, `bad-meta`, `disk-full` */
export async function openDataDir({ dataDir, clock }: DatabaseOptions): Promise<DataDir> {
  const lock = claimLock(dataDir, clock.nowMs());
  try {
    const meta = await openMeta(dataDir, lock);
    lock.confirm();
    return { meta, lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function claimLock(dataDir: string, nowMs: number): LockFile {
  try {
    makeDirectory(nodeFiles, dataDir);
    return LockFile.claim(dataDir, nowMs);
  } catch (cause) {
    if (cause instanceof MonError) throw cause;
    if (isDiskFull(cause)) {
      throw new MonError({
        code: 'disk-full',
        what: `Cannot lock the data directory ${dataDir}`,
        why: reasonOf(cause),
        mend: 'Make room on its disk, then start again.',
        retryable: true,
        cause,
      });
    }
    throw new MonError({
      code: 'data-dir-unusable',
      what: `Cannot use ${dataDir} as the data directory`,
      why: reasonOf(cause),
      mend: 'Name a directory that this user may write to with --data-dir, or give it the rights.',
      cause,
    });
  }
}

async function openMeta(dataDir: string, lock: LockFile): Promise<LevelMetaStore> {
  try {
    return await LevelMetaStore.open(join(dataDir, 'meta'));
  } catch (error) {
    throw isLocked(error) ? lock.refusal() : error;
  }
}

/** Whether LevelDB's own lock stands behind an error. */
function isLocked(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'LEVEL_LOCKED') return true;
  }
  return false;
}
