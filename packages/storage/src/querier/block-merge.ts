/**
 * Series of several directories, joined: one after the other in series order, each with its parts.
 */
import type { BlockReader } from '../block/block-reader.ts';
import type { BlockBatch, BlockSelection } from '../block/block-selection.ts';
import { compareSeries } from '../index/series-order.ts';
import type { HistogramRun } from '../model/histogram-run.ts';
import type { Labels } from '../model/labels.ts';
import { laneRun } from '../model/queryable.ts';
import type { BlockSet } from './block-set.ts';
import type { SampleSpan } from './sample-merge.ts';

/** A series and its samples in the directories that have it, by generation. */
export interface JoinedSeries {
  readonly labels: Labels;
  readonly fingerprint: { readonly high: number; readonly low: number };
  readonly parts: readonly SampleSpan[];
  /** Native histograms of the directories that have any, by generation. */
  readonly histograms: readonly HistogramRun[];
}

/** One directory's answer, a series at a time. */
class BlockCursor {
  readonly #batches: AsyncGenerator<BlockBatch>;
  #batch: BlockBatch | undefined;
  #at = 0;

  constructor(batches: AsyncGenerator<BlockBatch>) {
    this.#batches = batches;
  }

  /** Labels of the series it stands at; undefined at the end. */
  get labels(): Labels | undefined {
    return this.#batch?.labels[this.#at];
  }

  get fingerprint(): { high: number; low: number } {
    const [high = 0, low = 0] =
      this.#batch?.fingerprints.subarray(2 * this.#at, 2 * this.#at + 2) ?? [];
    return { high, low };
  }

  get part(): SampleSpan {
    const batch = this.#batch as BlockBatch;
    const column = batch.timestampColumns[batch.timestampColumn[this.#at] as number];
    const from = batch.valueOffsets[this.#at] as number;
    const to = batch.valueOffsets[this.#at + 1] as number;
    const timestampsMs = column as Float64Array;
    return { timestampsMs, values: batch.values.subarray(from, to), from: 0, to: to - from };
  }

  get histograms(): HistogramRun | undefined {
    const lane = this.#batch?.histograms;
    return lane === undefined ? undefined : laneRun(lane, this.#at);
  }

  /** Whether `next` must wait for the directory. */
  get isAtBatchEnd(): boolean {
    return this.#batch === undefined || this.#at + 1 >= this.#batch.labels.length;
  }

  next(): void {
    this.#at++;
  }

  async nextBatch(): Promise<void> {
    const { value, done } = await this.#batches.next();
    this.#batch = done ? undefined : value;
    this.#at = 0;
  }

  async close(): Promise<void> {
    await this.#batches.return(undefined);
  }
}

/** @throws MonError `corrupt-block`, `bad-database`, `bad-regex` */
export async function* joinBlocks(
  blocks: BlockSet,
  dirs: readonly string[],
  selection: BlockSelection,
): AsyncGenerator<JoinedSeries> {
  const { tenant } = selection;
  const select = (reader: BlockReader) => reader.select(selection);
  const cursors = dirs.map((dir) => new BlockCursor(blocks.cache.stream(dir, select)));
  try {
    await Promise.all(cursors.map((cursor) => cursor.nextBatch()));
    for (;;) {
      const first = leastLabels(cursors);
      if (first === undefined) return;
      const same = cursors.filter(
        ({ labels }) =>
          labels !== undefined &&
          (labels === first || compareSeries(tenant, labels, tenant, first) === 0),
      );
      const [one] = same as [BlockCursor, ...BlockCursor[]];
      const { fingerprint } = one;
      const parts = same.map(({ part }) => part);
      const histograms = same.flatMap((cursor) => cursor.histograms ?? []);
      yield { labels: first, fingerprint, parts, histograms };
      for (const cursor of same) {
        if (cursor.isAtBatchEnd) await cursor.nextBatch();
        else cursor.next();
      }
    }
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }

  function leastLabels(all: readonly BlockCursor[]): Labels | undefined {
    let least: Labels | undefined;
    for (const { labels } of all) {
      if (labels === undefined) continue;
      if (least === undefined || compareSeries(tenant, labels, tenant, least) < 0) least = labels;
    }
    return least;
  }
}
