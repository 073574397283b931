/**
 * Where the bytes of a data directory are: by place, by directory of samples and its parts, by
 * metric and label. Reads only; all values of all directories pass by once.
 */
import { join } from 'node:path';
import { isCode } from '../files/file-actions.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { BlockTally, type LabelStats, type MetricStats, type PairStats } from './block-tally.ts';
import { blockNames, knownManifest } from './known-manifest.ts';

export interface StatsOptions {
  readonly files?: Files;
  /** How many metrics, labels and pairs are listed. */
  readonly top?: number;
  readonly signal?: AbortSignal;
}

export interface PlaceStats {
  /** Name within the data directory. */
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

/** Bytes of keys and values by kind; `overhead` is what LevelDB adds. */
export interface PartBytes {
  readonly values: number;
  readonly timestamps: number;
  readonly aggregates: number;
  readonly series: number;
  readonly labels: number;
  readonly postings: number;
  readonly histograms: number;
  readonly exemplars: number;
  readonly other: number;
  readonly overhead: number;
}

export interface BlockDirectoryStats {
  readonly id: string;
  readonly tier: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly series: number;
  readonly samples: number;
  readonly bytes: number;
  readonly parts: PartBytes;
  /** Values that could not be read: `mon storage verify` says more. */
  readonly unreadable: number;
}

export interface DirectoryStats {
  readonly dataDir: string;
  readonly bytes: number;
  readonly places: readonly PlaceStats[];
  readonly blocks: readonly BlockDirectoryStats[];
  readonly parts: PartBytes;
  readonly series: number;
  readonly samples: number;
  readonly topMetrics: readonly MetricStats[];
  readonly topLabels: readonly LabelStats[];
  readonly topPairs: readonly PairStats[];
}

const TOP_DEFAULT = 10;
const PLACES = ['wal', 'blocks', 'meta', 'quarantined'];

/** @throws the file system's error; the signal's reason */
export async function directoryStats(
  dataDir: string,
  { files = nodeFiles, top = TOP_DEFAULT, signal }: StatsOptions = {},
): Promise<DirectoryStats> {
  const { state } = knownManifest(dataDir, files);
  const tally = new BlockTally();
  const blocks: BlockDirectoryStats[] = [];
  for (const entry of state.live.values()) {
    signal?.throwIfAborted();
    const dir = join(dataDir, 'blocks', entry.id);
    // A running server may have replaced it meanwhile.
    if (files.state(dir) === undefined) continue;
    const { id, tier, minTimeMs, maxTimeMs, series, samples } = entry;
    const bytes = treeOf(files, dir).bytes;
    const counted = await unlessGone(
      tally.read(dir, { files, ...(signal ? { signal } : {}) }),
      () => files.state(dir) === undefined,
    );
    if (counted === undefined) continue;
    const { parts, unreadable } = counted;
    const known = Object.values(parts).reduce((sum, part) => sum + part, 0);
    const overhead = Math.max(0, bytes - known);
    const row = { id, tier, minTimeMs, maxTimeMs, series, samples, bytes, unreadable };
    blocks.push({ ...row, parts: { ...parts, overhead } });
  }
  const places = placesOf(dataDir, files);
  return {
    ...{ dataDir, places, blocks },
    bytes: places.reduce((sum, place) => sum + place.bytes, 0),
    parts: sumOf(blocks.map(({ parts }) => parts)),
    series: Math.max(0, ...blocks.map(({ series }) => series)),
    samples: blocks.reduce((sum, { samples }) => sum + samples, 0),
    topMetrics: tally.topMetrics(top),
    topLabels: tally.topLabels(top),
    topPairs: tally.topPairs(top),
  };
}

function placesOf(dataDir: string, files: Files): PlaceStats[] {
  const others = files.list(dataDir).filter((name) => !PLACES.includes(name));
  return [...PLACES, ...others.sort()]
    .filter((name) => files.state(join(dataDir, name)) !== undefined)
    .map((name) => {
      const place = { name, ...treeOf(files, join(dataDir, name)) };
      return name === 'blocks' ? { ...place, files: blockNames(dataDir, files).length } : place;
    });
}

/** Files and bytes of a file or a folder, folders in it included. */
function treeOf(files: Files, path: string): { readonly files: number; readonly bytes: number } {
  const state = files.state(path);
  if (state === undefined) return { files: 0, bytes: 0 };
  if (!state.isDirectory) return { files: 1, bytes: state.bytes };
  const inside = namesIn(files, path).map((name) => treeOf(files, join(path, name)));
  return {
    files: inside.reduce((sum, one) => sum + one.files, 0),
    bytes: inside.reduce((sum, one) => sum + one.bytes, 0),
  };
}

/** The names in a folder; none where it is gone by now. */
function namesIn(files: Files, dir: string): string[] {
  try {
    return files.list(dir);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Undefined where the reading failed since its directory was removed meanwhile. */
async function unlessGone<T>(reading: Promise<T>, isGone: () => boolean): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isGone()) return undefined;
    throw error;
  }
}

const NO_PARTS: PartBytes = {
  ...{ values: 0, timestamps: 0, aggregates: 0, series: 0, labels: 0, postings: 0 },
  ...{ histograms: 0, exemplars: 0, other: 0, overhead: 0 },
};

function sumOf(all: readonly PartBytes[]): PartBytes {
  const sum: Record<keyof PartBytes, number> = { ...NO_PARTS };
  for (const parts of all) {
    for (const name of Object.keys(NO_PARTS) as (keyof PartBytes)[]) sum[name] += parts[name];
  }
  return sum;
}
