/**
 * Repairs one directory of samples: what is intact goes into a new directory, and one record of the
 * manifest puts it in the place of the damaged one. The order makes it safe to be killed: the new
 * directory is sealed, the original linked aside, the record committed, the original removed.
 */

import type { BlockSummary } from '../block/block-series.ts';
import { writeBlock } from '../block/block-writer.ts';
import type { HashKey } from '../index/series-hash.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import { assert } from '../model/assert.ts';
import { openBlockFiles } from './block-files.ts';
import { keepOriginal, type RepairContext, type RepairedPart } from './repair-plan.ts';
import { BlockSalvage } from './salvage-block.ts';
import { verifyBlockDirectory } from './verify-block-directory.ts';

export interface BlockRepair {
  readonly entry: ManifestEntry;
  readonly hashKey: HashKey;
  /** Undefined in a dry run. */
  readonly manifest: Manifest | undefined;
}

export async function repairBlock(
  context: RepairContext,
  { entry, hashKey, manifest }: BlockRepair,
): Promise<RepairedPart> {
  const { dataDir, files, signal } = context;
  const aborting = signal === undefined ? {} : { signal };
  const found = await verifyBlockDirectory({ dataDir, entry, hashKey, files, ...aborting });
  if (found.problems.length === 0) return { ...found, deed: '', keptAs: undefined };
  if (context.isDryRun) {
    const deed = found.samples > 0 ? 'would be written anew' : 'would be taken out of the manifest';
    return { ...found, deed, keptAs: undefined };
  }
  assert(manifest !== undefined, 'a repair has a manifest');
  const dir = manifest.blockDir(entry.id);
  const id = manifest.newBlockId();
  const summary = await writeAnew(context, { entry, hashKey, dir, target: manifest.blockDir(id) });
  const keptAs = keepOriginal(context, dir);
  const add = summary === undefined ? [] : [{ id, tier: entry.tier, ...summary }];
  manifest.commit({ add, remove: [entry.id], generations: [] });
  files.remove(dir);
  const deed = summary === undefined ? 'taken out of the manifest' : `written anew as blocks/${id}`;
  return { ...found, samples: summary?.samples ?? 0, deed, keptAs };
}

async function writeAnew(
  { files, signal }: RepairContext,
  block: {
    readonly entry: ManifestEntry;
    readonly hashKey: HashKey;
    readonly dir: string;
    readonly target: string;
  },
): Promise<BlockSummary | undefined> {
  const { entry, hashKey, dir, target } = block;
  if (files.state(dir) === undefined) return undefined;
  const entries = openBlockFiles(dir, files);
  try {
    const onLoss = () => undefined;
    const salvage = await BlockSalvage.open({ entries, summary: entry, hashKey, onLoss });
    if (salvage === undefined) return undefined;
    const { slotWidthMs, generations } = salvage.header;
    return await writeBlock({
      ...{ dir: target, hashKey, slotWidthMs, generations, files },
      sources: [entry.id],
      series: salvage.series(),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    entries.close();
  }
}
