/**
 * Carries out a planned merge: one record in the manifest puts the new blocks in the place of their
 * sources, so that a crash leaves either these or those.
 */
import { BinaryHeap } from '../block/binary-heap.ts';
import { BlockReader } from '../block/block-reader.ts';
import type { BlockSeries, GenerationRange } from '../block/block-series.ts';
import { writeBlock } from '../block/block-writer.ts';
import { slotOf, suitableSlotWidthMs } from '../chunk/slot.ts';
import { compareSeries } from '../index/series-order.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import { assert } from '../model/assert.ts';
import { MonError } from '../model/error.ts';
import { withLanes } from './merge-lanes.ts';
import { SampleMerger } from './merge-samples.ts';
import type { PlannedMerge } from './plan-merges.ts';

/** Samples that all sources together hold decoded. */
const HELD_SAMPLES = 2 * 1024 * 1024;

export interface MergeOutcome {
  readonly added: readonly ManifestEntry[];
  /** No longer listed; their directories are to be deleted once no reader has them open. */
  readonly removed: readonly ManifestEntry[];
}

/**
 * Merges blocks. Samples of one series are merged by timestamp; at equal timestamps the higher
 * generation is right.
 *
 * @throws MonError `corrupt-block`, `bad-database`, `disk-full`; the signal's reason when it
 * aborts.
 *   The manifest is unchanged then and nothing is left of what was written. `manifest-unwritable`:
 *   only a restart tells
 */
export async function mergeBlocks(
  manifest: Manifest,
  merge: PlannedMerge,
  signal?: AbortSignal,
): Promise<MergeOutcome> {
  const live = new Map(manifest.live.map((entry) => [entry.id, entry]));
  const removed = merge.sources.map((id) => {
    const entry = live.get(id);
    assert(entry !== undefined, `block ${id} is to be merged and not live`);
    return entry;
  });
  const readers: BlockReader[] = [];
  const added: ManifestEntry[] = [];
  try {
    for (const { id } of removed) readers.push(await BlockReader.open(manifest.blockDir(id)));
    for (const window of windowsOf(readers, merge.windowMs)) {
      const id = manifest.newBlockId();
      const startMs = window * merge.windowMs;
      const range = { startMs, endMs: startMs + merge.windowMs - 1 };
      const sources = readers.filter((reader) => hasWindow(reader, window, merge.windowMs));
      const summary = await writeBlock({
        dir: manifest.blockDir(id),
        hashKey: manifest.hashKey,
        slotWidthMs: slotWidthFor(sources),
        generations: generationsOf(sources),
        sources: merge.sources,
        series: mergedSeries(sources, range),
        files: manifest.files,
        ...(signal === undefined ? {} : { signal }),
      });
      if (summary !== undefined) added.push({ id, tier: 'raw', ...summary });
    }
    manifest.commit({ add: added, remove: merge.sources, generations: [] });
  } catch (error) {
    // A record whose fsync failed may be on disk all the same: only the next start can tell whether
    // these blocks are live, and removes them if they are not.
    const isUnknown = error instanceof MonError && error.code === 'manifest-unwritable';
    const left = isUnknown ? [] : added;
    for (const { id } of left) manifest.files.remove(manifest.blockDir(id));
    throw error;
  } finally {
    for (const reader of readers) await reader.close();
  }
  return { added, removed };
}

/** The windows that some source has samples in, ascending. */
function windowsOf(readers: readonly BlockReader[], windowMs: number): number[] {
  const windows = new Set<number>();
  for (const reader of readers) {
    for (const window of windowsWithSlots(reader, windowMs)) windows.add(window);
  }
  return [...windows].sort((a, b) => a - b);
}

function hasWindow(reader: BlockReader, window: number, windowMs: number): boolean {
  return windowsWithSlots(reader, windowMs).has(window);
}

function windowsWithSlots({ header }: BlockReader, windowMs: number): Set<number> {
  const windows = new Set<number>();
  for (const slot of header.slots) {
    const startMs = Math.max(slot * header.slotWidthMs, header.minTimeMs);
    const endMs = Math.min((slot + 1) * header.slotWidthMs - 1, header.maxTimeMs);
    const end = slotOf(endMs, windowMs);
    for (let window = slotOf(startMs, windowMs); window <= end; window++) windows.add(window);
  }
  return windows;
}

function generationsOf(sources: readonly BlockReader[]): GenerationRange {
  return {
    min: Math.min(...sources.map(({ header }) => header.generations.min)),
    max: Math.max(...sources.map(({ header }) => header.generations.max)),
  };
}

function slotWidthFor(sources: readonly BlockReader[]): number {
  const sum = { samples: 0, series: 0, spanMs: 0 };
  for (const { header } of sources) {
    sum.samples += header.samples;
    sum.series += header.series;
    sum.spanMs += header.spanMs;
  }
  const seriesAtOnce = Math.max(...sources.map(({ header }) => header.series));
  return suitableSlotWidthMs(sum, sum.samples / seriesAtOnce);
}

interface Input {
  readonly series: AsyncGenerator<BlockSeries>;
  /** Place among the sources, which are in order of their generations. */
  readonly rank: number;
  current: BlockSeries;
}

/**
 * The series of all sources in series order, each once. The values of one are valid until the next
 * is asked for.
 */
async function* mergedSeries(
  sources: readonly BlockReader[],
  range: { readonly startMs: number; readonly endMs: number },
): AsyncGenerator<BlockSeries> {
  const heap = new BinaryHeap<Input>((a, b) => compareInputs(a, b) || a.rank - b.rank);
  const merger = new SampleMerger();
  const heldSamples = Math.ceil(HELD_SAMPLES / sources.length);
  const advance = async (input: Omit<Input, 'current'>) => {
    const { value, done } = await input.series.next();
    if (!done) heap.push({ ...input, current: value });
  };
  for (const [rank, reader] of sources.entries()) {
    const series = reader.allSeries(range, { heldSamples, reusesValues: true });
    await advance({ series, rank });
  }
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    const same = [top];
    for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
      if (compareInputs(next, top) !== 0) break;
      same.push(next);
      heap.pop();
    }
    const parts = same.map(({ current }) => current);
    const { tenant, labels, shardHash, fingerprint } = top.current;
    const known = fingerprint === undefined ? {} : { fingerprint };
    yield { tenant, labels, shardHash, ...known, ...withLanes(merger.merge(parts), parts) };
    for (const { series, rank } of same) await advance({ series, rank });
  }
}

function compareInputs({ current: a }: Input, { current: b }: Input): number {
  return compareSeries(a.tenant, a.labels, b.tenant, b.labels);
}
