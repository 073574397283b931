/**
 * Directories that cannot be served: what a look at their files tells, without LevelDB, which would
 * take a directory that lost CURRENT for an empty one. The rest is served without them.
 *
 * The look is short: CURRENT, MANIFEST, the index and filter of each table, the header. Damage of
 * single values is found by whoever reads them.
 */
import { openBlockFiles } from '../care/block-files.ts';
import { formatFault } from '../care/file-faults.ts';
import { storedHeader } from '../care/salvaged-header.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import { reasonOf } from '../model/error.ts';

export interface DamagedBlock {
  readonly id: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly series: number;
  readonly samples: number;
  readonly why: string;
}

export function findDamagedBlocks(
  entries: readonly ManifestEntry[],
  dirOf: (id: string) => string,
  files: Files = nodeFiles,
): DamagedBlock[] {
  return entries.flatMap(({ id, minTimeMs, maxTimeMs, series, samples }) => {
    const why = faultOf(dirOf(id), files);
    return why === undefined ? [] : [{ id, minTimeMs, maxTimeMs, series, samples, why }];
  });
}

function faultOf(dir: string, files: Files): string | undefined {
  if (files.state(dir) === undefined) return 'the directory is not there';
  try {
    const database = openBlockFiles(dir, files);
    try {
      const [fault] = database.faults;
      if (fault !== undefined) return formatFault(fault).join(': ');
      return storedHeader(database) === undefined ? 'its header is damaged' : undefined;
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return reasonOf(error);
  }
}

/** Entries that may be merged: none near a directory whose content is not known. */
export function mergeable(
  entries: readonly ManifestEntry[],
  damagedIds: ReadonlySet<string>,
): ManifestEntry[] {
  const damaged = entries.filter(({ id }) => damagedIds.has(id));
  return entries.filter((entry) =>
    damaged.every(
      ({ minTimeMs, maxTimeMs }) => entry.maxTimeMs < minTimeMs || entry.minTimeMs > maxTimeMs,
    ),
  );
}
