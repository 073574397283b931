/**
 * Makes a manifest anew from what is left of the damaged one and from the directories' own headers.
 *
 * Directories that intact records list stay listed. One that is there and not listed was added by a
 * lost record, or left by a crash; which of them is told by its sources, since these are deleted
 * only after the record that replaces them: where all sources are there, they hold everything and
 * the directory is not needed; where one is gone, the directory lives and the other sources do not.
 */

import { join } from 'node:path';
import type { BlockHeader } from '../block/block-header.ts';
import { verifyBlock } from '../block/verify-block.ts';
import type { Files } from '../files/files.ts';
import { directoryBytes } from '../kv/level-database.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import type { ManifestState } from '../manifest/manifest-record.ts';
import { openBlockFiles } from './block-files.ts';
import { blockNames, type KnownManifest } from './known-manifest.ts';
import { storedHeader } from './salvaged-header.ts';

export interface RebuiltManifest {
  readonly state: ManifestState;
  /** Directories that the state does not list: not needed, or not readable at all. */
  readonly notNeeded: readonly string[];
  readonly unreadable: readonly string[];
  /** Listed by intact records, and not there: removed by a lost record, or lost. */
  readonly gone: readonly ManifestEntry[];
}

/** A directory that no intact record lists. */
interface Candidate {
  readonly entry: ManifestEntry;
  readonly sources: readonly string[];
  readonly isIntact: boolean;
}

export async function rebuildManifest(
  dataDir: string,
  known: KnownManifest,
  files: Files,
): Promise<RebuiltManifest> {
  const names = blockNames(dataDir, files).filter((name) => /^\d{8,}$/.test(name));
  const live = new Map(known.state.live);
  const gone = [...live.values()].filter(({ id }) => !names.includes(id));
  for (const { id } of gone) live.delete(id);
  const unreadable: string[] = [];
  const candidates: Candidate[] = [];
  for (const name of names.filter((name) => !live.has(name))) {
    const candidate = await readCandidate(dataDir, name, files);
    if (candidate === undefined) unreadable.push(name);
    else candidates.push(candidate);
  }
  const notNeeded = choose(candidates, live);
  let cutUpTo = known.state.cut.highest;
  for (const { entry, isIntact } of candidates) {
    // The log may still have what a directory lacks.
    if (isIntact && live.has(entry.id)) cutUpTo = Math.max(cutUpTo, entry.generations.max);
  }
  for (const { generations } of known.state.live.values()) {
    cutUpTo = Math.max(cutUpTo, generations.max);
  }
  const numbers = [...names, ...candidates.flatMap(({ sources }) => sources)].map(Number);
  const lastBlock = Math.max(known.state.lastBlock, 0, ...numbers.filter(Number.isSafeInteger));
  const sorted = [...live.values()].sort((a, b) => Number(a.id) - Number(b.id));
  const state = { live: sorted, cutUpTo, cutAbove: [], lastBlock };
  return { state, notNeeded, unreadable, gone };
}

/** Takes candidates into what lives, oldest first; returns the directories that are not needed. */
function choose(candidates: readonly Candidate[], live: Map<string, ManifestEntry>): string[] {
  const notNeeded: string[] = [];
  for (const { entry } of candidates) live.set(entry.id, entry);
  for (const { entry, sources } of candidates) {
    if (sources.length === 0) continue;
    const present = sources.filter((id) => live.has(id));
    const dropped = present.length === sources.length ? [entry.id] : present;
    for (const id of dropped) live.delete(id);
    notNeeded.push(...dropped);
  }
  return notNeeded;
}

async function readCandidate(
  dataDir: string,
  id: string,
  files: Files,
): Promise<Candidate | undefined> {
  const dir = join(dataDir, 'blocks', id);
  const database = openBlockFiles(dir, files);
  try {
    const header = storedHeader(database);
    if (header === undefined) return undefined;
    const { problems } = await verifyBlock(database, header);
    const isIntact = problems.length === 0 && database.faults.length === 0;
    const bytes = directoryBytes(dir, files);
    return { entry: entryOf(id, header, bytes), sources: header.sources, isIntact };
  } finally {
    database.close();
  }
}

function entryOf(id: string, header: BlockHeader, bytes: number): ManifestEntry {
  const { minTimeMs, maxTimeMs, series, samples, generations } = header;
  return { id, tier: 'raw', minTimeMs, maxTimeMs, series, samples, bytes, generations };
}
