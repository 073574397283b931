/**
 * Blocks for the fault campaign that are one file each, written and synced in the order in which
 * those of LevelDB are, a hundred times as fast.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { makeDirectory, readWhole, writeWhole } from '@mon/storage/files/file-actions';
import type { Files } from '@mon/storage/files/files';
import type { Manifest } from '@mon/storage/manifest/manifest';
import type { ManifestEntry } from '@mon/storage/manifest/manifest-entry';
import { formatLabels } from '@mon/storage/model/labels';

/** series -> timestamp -> bits of the value, low word and high. */
export type Rows = Record<string, Record<string, [number, number]>>;
export type Found = Map<string, [number, number][]>;

function path(dir: string): string {
  return join(dir, 'samples');
}

/** Writes one block; undefined where there is nothing to write. */
export function writePlainBlock(
  manifest: Manifest,
  rows: Rows,
  generations: ManifestEntry['generations'],
): ManifestEntry | undefined {
  const times = Object.values(rows).flatMap((samples) => Object.keys(samples).map(Number));
  if (times.length === 0) return undefined;
  const id = manifest.newBlockId();
  const dir = manifest.blockDir(id);
  const { files } = manifest;
  const bytes = new TextEncoder().encode(JSON.stringify(rows));
  makeDirectory(files, dir);
  const file = files.open(path(dir), 'create');
  try {
    writeWhole(file, [bytes], 0);
    file.sync();
  } finally {
    file.close();
  }
  files.syncDirectory(dir);
  files.syncDirectory(join(dir, '..'));
  return {
    ...{ id, tier: 'raw', generations },
    minTimeMs: Math.min(...times),
    maxTimeMs: Math.max(...times),
    ...{ series: Object.keys(rows).length, samples: times.length, bytes: bytes.length },
  };
}

export async function rowsOf(series: AsyncIterable<BlockSeries>): Promise<Rows> {
  const rows: Rows = {};
  for await (const { labels, timestampsMs, values } of series) {
    const key = formatLabels(labels);
    if (key in rows) throw new Error(`${key} came twice in a cut`);
    const samples: Rows[string] = {};
    timestampsMs.forEach((timestampMs, i) => {
      if (timestampMs in samples) throw new Error(`${key}@${timestampMs} came twice in a cut`);
      samples[timestampMs] = [...new Uint32Array(values.slice(i, i + 1).buffer)] as [
        number,
        number,
      ];
    });
    rows[key] = samples;
  }
  return rows;
}

export function readRows(files: Files, dir: string): Rows {
  const file = files.open(path(dir), 'read');
  try {
    return JSON.parse(new TextDecoder().decode(readWhole(file))) as Rows;
  } finally {
    file.close();
  }
}

/** What blocks hold together, earlier generations first. */
export function mergedRows(blocks: readonly Rows[]): Rows {
  const merged: Rows = {};
  for (const rows of blocks) {
    for (const [series, samples] of Object.entries(rows)) {
      merged[series] = { ...merged[series], ...samples };
    }
  }
  return merged;
}

/** The live blocks of a manifest, as a reader of the folder finds them. */
export function readPlainBlocks(manifest: Manifest): Rows {
  const live = [...manifest.live].sort((a, b) => a.generations.max - b.generations.max);
  return mergedRows(
    live.map(({ id }) => JSON.parse(readFileSync(path(manifest.blockDir(id)), 'utf8')) as Rows),
  );
}

/** Puts what heads hold over what blocks hold. */
export function allSamples(blocks: Rows, heads: Found): Found {
  const found: Found = new Map();
  const words = new Uint32Array(2);
  const value = new Float64Array(words.buffer);
  for (const [series, samples] of Object.entries(blocks)) {
    const inHead = new Set((heads.get(series) ?? []).map(([timestampMs]) => timestampMs));
    const pairs = Object.entries(samples).flatMap(([timestampMs, bits]): [number, number][] => {
      if (inHead.has(Number(timestampMs))) return [];
      words.set(bits);
      return [[Number(timestampMs), value[0] as number]];
    });
    found.set(series, pairs);
  }
  for (const [series, samples] of heads) {
    found.set(series, [...(found.get(series) ?? []), ...samples]);
  }
  return found;
}
