/**
 * Repairs a data directory that nobody has open: saves what is readable, names what is not, keeps
 * the damaged originals in `DIR/quarantined/`. Running it again does nothing more; killed at any
 * point it is run again and goes on.
 */
import { nodeFiles } from '../files/node-files.ts';
import { LockFile } from '../lock-file.ts';
import { Manifest } from '../manifest/manifest.ts';
import { repairBlock } from './repair-block.ts';
import { repairManifest } from './repair-manifest.ts';
import { repairMeta } from './repair-meta.ts';
import type { RepairContext, RepairedPart, RepairOptions } from './repair-plan.ts';
import { repairWal } from './repair-wal.ts';

export interface RepairReport {
  readonly dataDir: string;
  readonly isDryRun: boolean;
  readonly parts: readonly RepairedPart[];
  /** Whether something was wrong. */
  readonly wasDamaged: boolean;
}

/**
 * @param nowMs for the lock file
 * @throws MonError `data-dir-locked`, `hash-key-lost`, `disk-full`; the signal's reason
 */
export async function repairDirectory(
  dataDir: string,
  nowMs: number,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const { files = nodeFiles, isDryRun = false, deletesOriginals = false, signal } = options;
  const lock = LockFile.claim(dataDir, nowMs, files);
  try {
    lock.confirm();
    const context = { dataDir, files, isDryRun, deletesOriginals, signal };
    const parts: RepairedPart[] = [];
    await repairParts(context, (part) => {
      parts.push(part);
      options.onPart?.(part);
    });
    const wasDamaged = parts.some(({ problems }) => problems.length > 0);
    return { dataDir, isDryRun, parts, wasDamaged };
  } finally {
    lock.release();
  }
}

async function repairParts(
  context: RepairContext,
  done: (part: RepairedPart) => void,
): Promise<void> {
  const { dataDir, files, isDryRun, signal } = context;
  const { part, live, isCut, head } = await repairManifest(context);
  done(part);
  done(repairWal(context, isCut));
  done(await repairMeta(context));
  // A directory that never was opened by a server has no manifest, and nothing to repair.
  if (head === undefined) return;
  const manifest = isDryRun ? undefined : Manifest.open(dataDir, undefined, files);
  try {
    for (const entry of manifest?.live ?? live) {
      signal?.throwIfAborted();
      done(await repairBlock(context, { entry, hashKey: head.hashKey, manifest }));
    }
  } finally {
    manifest?.close();
  }
}
