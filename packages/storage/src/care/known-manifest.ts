/**
 * What a data directory's manifest says, as far as it can be read, without changing anything.
 */
import { join } from 'node:path';
import { readFile } from '../files/file-actions.ts';
import type { Files } from '../files/files.ts';
import { MANIFEST_NAME, type ReplayedState, replay } from '../manifest/manifest.ts';
import { type SalvagedManifest, salvageManifest } from './salvage-manifest.ts';

export interface KnownManifest extends SalvagedManifest {
  readonly isThere: boolean;
  readonly bytes: number;
  readonly state: ReplayedState;
}

export function knownManifest(dataDir: string, files: Files): KnownManifest {
  const path = join(dataDir, MANIFEST_NAME);
  const isThere = files.state(path) !== undefined;
  const bytes = isThere ? readFile(files, path) : new Uint8Array(0);
  const salvaged = salvageManifest(bytes);
  return { ...salvaged, isThere, bytes: bytes.length, state: replay(salvaged) };
}

/** Names of the directories in `blocks/`, whether listed or not. */
export function blockNames(dataDir: string, files: Files): string[] {
  const folder = join(dataDir, 'blocks');
  return files.state(folder) === undefined ? [] : files.list(folder).sort();
}
