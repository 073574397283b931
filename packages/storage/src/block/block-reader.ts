/**
 * Answers from one sealed block. What is damaged or missing is an error that names directory and
 * key; it is never answered around.
 */

import { rangeRuns } from '../index/ordinal-runs.ts';
import type { SeriesPage } from '../index/series-page.ts';
import { LevelDatabase } from '../kv/level-database.ts';
import type { SeriesExemplars } from '../model/exemplar.ts';
import type { HistogramRun } from '../model/histogram-run.ts';
import type { Labels } from '../model/labels.ts';
import { LaneBuilder } from '../model/lane-builder.ts';
import type { BlockHeader } from './block-header.ts';
import { BlockPages, PageCache } from './block-pages.ts';
import { ALL_SHARDS, type BlockBatch, type BlockSelection } from './block-selection.ts';
import type { BlockSeries } from './block-series.ts';
import { LaneReader } from './lane-reader.ts';
import { matchedLabelNames, matchedLabelValues } from './matched-labels.ts';
import { type MatchedSeries, matchedSeries, seriesOf } from './matched-series.ts';
import { type SampleRange, SamplesReader, type SeriesSamples } from './series-samples.ts';
import type { JoinedTimes } from './timestamp-columns.ts';
import { type BlockVerification, verifyBlock } from './verify-block.ts';

/** Size of a batch: decoding it takes about 2 ms, after which others may have the thread. */
const BATCH_SAMPLES = 256 * 1024;
const BATCH_SERIES_MAX = 1024;

const NO_RUNS: ReadonlyMap<number, HistogramRun> = new Map();

interface ReadBatch {
  readonly read: SeriesSamples;
  readonly histograms: ReadonlyMap<number, HistogramRun>;
}

export class BlockReader {
  readonly dir: string;
  readonly #database: LevelDatabase;
  readonly #pages: BlockPages;

  private constructor(database: LevelDatabase, pages: BlockPages) {
    this.dir = database.dir;
    this.#database = database;
    this.#pages = pages;
  }

  /**
   * Opens a sealed block.
   *
   * @param cache shared by the blocks of a thread
   * @throws MonError `bad-database`, `corrupt-block`, `disk-full` (LevelDB writes when it opens)
   */
  static async open(dir: string, cache = new PageCache()): Promise<BlockReader> {
    const database = await LevelDatabase.open(dir);
    try {
      return new BlockReader(database, new BlockPages(database, cache));
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  get header(): BlockHeader {
    return this.#pages.header;
  }

  /**
   * The selected series with their samples, in series order.
   *
   * @throws MonError `bad-regex`, `corrupt-block`; the signal's reason when it aborts
   */
  async *select(selection: BlockSelection): AsyncGenerator<BlockBatch> {
    const { startMs, endMs } = selection;
    const range = { startMs, endMs, heldSamples: BATCH_SAMPLES };
    const samples = new SamplesReader(this.#database, this.header, range);
    const lanes = new LaneReader(this.#database, this.header, range);
    const wantsLanes = selection.histograms === true && lanes.hasHistograms;
    const matched = await matchedSeries(this.#pages, selection);
    for (const batch of inBatches(matched, samples)) {
      selection.signal?.throwIfAborted();
      const read = await samples.read(batch);
      const histograms = wantsLanes ? await lanes.histograms(batch) : NO_RUNS;
      const answer = this.#batchOf(batch, { read, histograms }, samples);
      if (answer.labels.length > 0) yield answer;
      samples.columns.limitMemory();
    }
  }

  /** Leaves out series that have nothing in range and names distinct timestamp columns. */
  #batchOf(
    batch: readonly MatchedSeries[],
    { read, histograms }: ReadBatch,
    samples: SamplesReader,
  ): BlockBatch {
    const labelsOf = this.#pages.labelsReader();
    const labels: Labels[] = [];
    const fingerprints: number[] = [];
    const timestampColumn: number[] = [];
    const valueOffsets = [0];
    const columns = new Map<Float64Array, number>();
    const lanes = new LaneBuilder();
    read.times.forEach((times, i) => {
      const run = histograms.get(i);
      if (times.count === 0 && run === undefined) return;
      if (run !== undefined) lanes.add(labels.length, run);
      const { page, row } = batch[i] as MatchedSeries;
      const column = samples.columns.join(times);
      if (!columns.has(column)) columns.set(column, columns.size);
      labels.push(labelsOf(page, row));
      const [high = 0, low = 0] = page.fingerprints.subarray(2 * row, 2 * row + 2);
      fingerprints.push(high, low);
      timestampColumn.push(columns.get(column) as number);
      valueOffsets.push(read.valueOffsets[i + 1] as number);
    });
    const lane = lanes.take(labels.length);
    return {
      ...(lane === undefined ? {} : { histograms: lane }),
      labels,
      fingerprints: Uint32Array.from(fingerprints),
      timestampColumns: [...columns.keys()],
      timestampColumn: Uint32Array.from(timestampColumn),
      values: read.values,
      valueOffsets: Uint32Array.from(valueOffsets),
    };
  }

  /**
   * Labels of the selected series, in series order, by the index alone: a series counts where the
   * time from its first to its last sample in this block meets the asked time.
   */
  async *series(selection: BlockSelection): AsyncGenerator<Labels> {
    let labelsOf = this.#pages.labelsReader();
    let pageBefore: SeriesPage | undefined;
    for (const { page, row } of await matchedSeries(this.#pages, selection)) {
      selection.signal?.throwIfAborted();
      if (page !== pageBefore) labelsOf = this.#pages.labelsReader();
      pageBefore = page;
      yield labelsOf(page, row);
    }
  }

  /** Label names of the selected series, sorted, by the index alone. */
  labelNames(selection: BlockSelection): Promise<string[]> {
    return matchedLabelNames(this.#pages, selection);
  }

  /** Values of one label of the selected series, sorted, by the index alone. */
  labelValues(name: string, selection: BlockSelection): Promise<string[]> {
    return matchedLabelValues(this.#pages, name, selection);
  }

  /**
   * Every series of every tenant in series order, with its samples in range; for merging.
   *
   * @param options heldSamples: about how many samples are held decoded, however large the block;
   *   reusesValues: the values of a series are valid only until the next one is asked for
   */
  async *allSeries(
    range: SampleRange = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY },
    { heldSamples = BATCH_SAMPLES, reusesValues = false } = {},
  ): AsyncGenerator<BlockSeries> {
    const limit = { ...range, heldSamples, reusesValues };
    const samples = new SamplesReader(this.#database, this.header, limit);
    const lanes = new LaneReader(this.#database, this.header, range);
    for (const { tenant, catalog } of await this.#pages.tenants()) {
      const ordinals = rangeRuns(catalog.firstSeries, catalog.endSeries);
      const limits = { ...range, shard: ALL_SHARDS };
      const all = seriesOf(this.#pages, { ordinals, rest: [] }, limits);
      for (const batch of inBatches(all, samples)) {
        const read = await samples.read(batch);
        const histograms = lanes.hasHistograms ? await lanes.histograms(batch) : NO_RUNS;
        const exemplars = lanes.hasExemplars ? await lanes.exemplars(batch) : undefined;
        const labelsOf = this.#pages.labelsReader();
        for (let i = 0; i < batch.length; i++) {
          const times = read.times[i] as JoinedTimes;
          const run = histograms.get(i);
          const some = exemplars?.get(i);
          if (times.count === 0 && run === undefined && some === undefined) continue;
          const { page, row } = batch[i] as MatchedSeries;
          const from = read.valueOffsets[i] as number;
          yield {
            tenant,
            labels: labelsOf(page, row),
            shardHash: page.shardHashes[row] as number,
            fingerprint: [
              page.fingerprints[2 * row] as number,
              page.fingerprints[2 * row + 1] as number,
            ],
            timestampsMs: samples.columns.join(times),
            values: read.values.subarray(from, from + times.count),
            ...(run === undefined ? {} : { histograms: run }),
            ...(some === undefined ? {} : { exemplars: some }),
          };
        }
        samples.columns.limitMemory();
      }
    }
  }

  /**
   * Exemplars of the selected series, in series order; those without any are left out.
   *
   * @throws MonError `bad-regex`, `corrupt-block`; the signal's reason when it aborts
   */
  async *exemplars(selection: BlockSelection): AsyncGenerator<SeriesExemplars> {
    const lanes = new LaneReader(this.#database, this.header, selection);
    if (!lanes.hasExemplars) return;
    const matched = await matchedSeries(this.#pages, selection);
    for (const batch of inBatches(matched, {
      samplesPerSeries: 0,
      heldSamples: BATCH_SERIES_MAX,
    })) {
      selection.signal?.throwIfAborted();
      const found = await lanes.exemplars(batch);
      const labelsOf = this.#pages.labelsReader();
      for (const [i, exemplars] of found) {
        const { page, row } = batch[i] as MatchedSeries;
        yield { labels: labelsOf(page, row), exemplars };
      }
    }
  }

  /** Reads everything and checks every checksum and count. */
  verify(signal?: AbortSignal): Promise<BlockVerification> {
    return verifyBlock(this.#database, this.header, signal);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/**
 * Cuts a walk into batches that are bounded by their estimated samples, where it costs little at
 * the end of a group, so that none is read twice.
 */
function* inBatches(
  series: Iterable<MatchedSeries>,
  { samplesPerSeries, heldSamples }: Pick<SamplesReader, 'samplesPerSeries' | 'heldSamples'>,
): Generator<readonly MatchedSeries[]> {
  const perBatch = Math.min(BATCH_SERIES_MAX, Math.ceil(heldSamples / (samplesPerSeries + 1)));
  let batch: MatchedSeries[] = [];
  for (const next of series) {
    const last = batch.at(-1);
    const isFull = batch.length >= perBatch && last !== undefined;
    if (isFull && (batch.length >= 2 * perBatch || groupOf(last) !== groupOf(next))) {
      yield batch;
      batch = [];
    }
    batch.push(next);
  }
  if (batch.length > 0) yield batch;
}

function groupOf({ page, row }: MatchedSeries): number {
  return page.groups[row] as number;
}
