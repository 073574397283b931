/**
 * Reading on one shard: its head and, of each directory, the series that fall to it.
 *
 * A reading sees the generations and directories that were live when it began, so that it meets no
 * sample twice and misses none while a cut or merge takes effect. Joined by labels; of two samples
 * at one time that of the later generation is right.
 */
import type { BlockReader } from '../block/block-reader.ts';
import type { BlockSelection, ShardShare } from '../block/block-selection.ts';
import type { Head } from '../head/head.ts';
import { matchSeries } from '../head/match-series.ts';
import { mergeExemplars, type SeriesExemplars } from '../model/exemplar.ts';
import { type HistogramRun, NO_HISTOGRAMS, samplesWeight } from '../model/histogram-run.ts';
import { compareText, type Labels, labelsKey, labelValue } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { Queryable, SelectRequest, SeriesBatch, SeriesRequest } from '../model/queryable.ts';
import type { Readers } from '../shard/readers.ts';
import { WorkSlice } from '../threads/work-slice.ts';
import { BatchBuilder } from './batch-builder.ts';
import { joinBlocks } from './block-merge.ts';
import type { BlockSet } from './block-set.ts';
import { HeadReading } from './head-reading.ts';
import { canceled, tooManySamples } from './query-errors.ts';

/** Series read between two looks at the clock. */
const SERIES_PER_CHECK = 64;

export interface ShardQueryableParts {
  readonly head: Head;
  readonly blocks: BlockSet;
  readonly readers: Readers;
  readonly share: ShardShare;
}

export class ShardQueryable implements Queryable {
  readonly #parts: ShardQueryableParts;

  constructor(parts: ShardQueryableParts) {
    this.#parts = parts;
  }

  async *select(request: SelectRequest): AsyncGenerator<SeriesBatch> {
    const leave = this.#parts.readers.enter();
    try {
      yield* new Selection(this.#parts, request).batches();
    } catch (error) {
      throw request.signal?.aborted ? canceled() : error;
    } finally {
      leave();
    }
  }

  async series(request: SeriesRequest): Promise<Labels[]> {
    const found = new Map<string, Labels>();
    const isEnough = () => request.limit > 0 && found.size >= request.limit;
    await this.#gather(request, {
      ofHead: (matchers) => {
        for (const labels of this.#headSeries(request, matchers)) {
          found.set(labelsKey(labels), labels);
          if (isEnough()) return;
        }
      },
      ofBlock: async (reader, selection) => {
        if (isEnough()) return;
        for await (const labels of reader.series(selection)) {
          found.set(labelsKey(labels), labels);
          if (isEnough()) return;
        }
      },
    });
    return [...found.values()];
  }

  /** Exemplars of the series that match, as `ExemplarQueryable` says. */
  async exemplars(request: SeriesRequest): Promise<readonly SeriesExemplars[]> {
    const found = new Map<string, SeriesExemplars>();
    const { head } = this.#parts;
    const add = ({ labels, exemplars }: SeriesExemplars) => {
      if (exemplars.length === 0) return;
      const key = labelsKey(labels);
      const known = found.get(key)?.exemplars ?? [];
      found.set(key, { labels, exemplars: mergeExemplars([known, exemplars]) });
    };
    await this.#gather(request, {
      ofHead: (matchers) => {
        const reading = new HeadReading(head, request);
        for (const ref of matchSeries(head.series, request.tenant, matchers)) {
          const exemplars = reading.exemplars(ref);
          if (exemplars.length > 0) add({ labels: head.series.labels(ref), exemplars });
        }
      },
      ofBlock: async (reader, selection) => {
        for await (const one of reader.exemplars(selection)) add(one);
      },
    });
    return [...found.values()];
  }

  async labelNames(request: SeriesRequest): Promise<string[]> {
    const names = new Set<string>();
    await this.#gather(request, {
      ofHead: (matchers) => {
        for (const labels of this.#headSeries(request, matchers)) {
          for (let i = 0; i < labels.length; i += 2) names.add(labels[i] as string);
        }
      },
      ofBlock: async (reader, selection) => {
        for (const name of await reader.labelNames(selection)) names.add(name);
      },
    });
    return [...names].sort(compareText);
  }

  async labelValues(name: string, request: SeriesRequest): Promise<string[]> {
    const values = new Set<string>();
    await this.#gather(request, {
      ofHead: (matchers) => {
        for (const value of this.#headValues(name, request, matchers)) values.add(value);
      },
      ofBlock: async (reader, selection) => {
        for (const value of await reader.labelValues(name, selection)) values.add(value);
      },
    });
    values.delete('');
    return [...values].sort(compareText);
  }

  /** Asks head and directories once for each selector. */
  async #gather(
    request: SeriesRequest,
    sources: {
      ofHead(matchers: readonly Matcher[]): void;
      ofBlock(reader: BlockReader, selection: BlockSelection): Promise<void>;
    },
  ): Promise<void> {
    const { readers, blocks, share } = this.#parts;
    const leave = readers.enter();
    try {
      const dirs = blocks.within(request);
      const { tenant, startMs, endMs } = request;
      for (const matchers of request.selectors.length > 0 ? request.selectors : [[]]) {
        sources.ofHead(matchers);
        const selection = { tenant, matchers, startMs, endMs, shard: share };
        for (const dir of dirs) {
          await blocks.cache.use(dir, (reader) => sources.ofBlock(reader, selection));
        }
      }
    } finally {
      leave();
    }
  }

  *#headSeries(request: SeriesRequest, matchers: readonly Matcher[]): Generator<Labels> {
    const { head } = this.#parts;
    const reading = new HeadReading(head, request);
    for (const ref of matchSeries(head.series, request.tenant, matchers)) {
      if (reading.has(ref)) yield head.series.labels(ref);
    }
  }

  *#headValues(
    name: string,
    request: SeriesRequest,
    matchers: readonly Matcher[],
  ): Generator<string> {
    const { series } = this.#parts.head;
    if (matchers.length > 0 || !new HeadReading(this.#parts.head, request).isWhole) {
      for (const labels of this.#headSeries(request, matchers)) yield labelValue(labels, name);
      return;
    }
    const { pairs, postings } = series;
    const tenant = pairs.findTenant(request.tenant);
    const nameRow = tenant === undefined ? undefined : pairs.findName(tenant, name);
    if (nameRow === undefined) return;
    for (const pair of pairs.pairsOf(nameRow)) {
      if (postings.count(pair) > 0) yield pairs.value(pair);
    }
  }
}

/** One selection under way. */
class Selection {
  readonly #parts: ShardQueryableParts;
  readonly #request: SelectRequest;
  readonly #reading: HeadReading;
  readonly #dirs: readonly string[];
  readonly #builder = new BatchBuilder();
  readonly #slice = new WorkSlice();
  readonly #samplesMax: number;
  readonly #wantsHistograms: boolean;
  #samples = 0;
  #series = 0;

  constructor(parts: ShardQueryableParts, request: SelectRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#wantsHistograms = request.histograms === true;
    this.#samplesMax = request.samplesMax ?? Number.POSITIVE_INFINITY;
    this.#reading = new HeadReading(parts.head, request);
    this.#dirs = parts.blocks.within(request);
  }

  async *batches(): AsyncGenerator<SeriesBatch> {
    const { tenant, matchers } = this.#request;
    const { series } = this.#parts.head;
    const refs = matchSeries(series, tenant, matchers);
    const isDone = this.#dirs.length > 0 ? new Uint8Array(series.refsEnd) : undefined;
    if (isDone !== undefined) yield* this.#ofBlocks(isDone);
    for (const ref of refs) {
      if (isDone?.[ref] === 1) continue;
      const count = this.#reading.read(ref);
      if (this.#wantsHistograms) this.#addBoth(series.labels(ref), { ref, count, histograms: [] });
      else if (count > 0) this.#add(series.labels(ref), count);
      if (this.#builder.isFull) yield this.#builder.take();
      if (this.#isPauseDue()) await this.#pause();
    }
    if (this.#builder.seriesCount > 0) yield this.#builder.take();
  }

  /** Series that directories have, with what the head has of them. */
  async *#ofBlocks(isDone: Uint8Array): AsyncGenerator<SeriesBatch> {
    const { blocks, share, head } = this.#parts;
    const { tenant, matchers, startMs, endMs, signal } = this.#request;
    const histograms = this.#wantsHistograms;
    const selection = { tenant, matchers, startMs, endMs, shard: share, histograms };
    const joined = joinBlocks(blocks, this.#dirs, signal ? { ...selection, signal } : selection);
    for await (const { labels, fingerprint, parts, histograms } of joined) {
      const ref = head.series.find(tenant, labels, fingerprint);
      if (ref >= 0 && ref < isDone.length) isDone[ref] = 1;
      const count = this.#reading.readAfter(parts, ref);
      if (this.#wantsHistograms) this.#addBoth(labels, { ref, count, histograms });
      else if (count > 0) this.#add(labels, count);
      if (this.#builder.isFull) yield this.#builder.take();
      if (this.#isPauseDue()) await this.#pause();
    }
  }

  #add(labels: Labels, count: number, histograms = NO_HISTOGRAMS): void {
    this.#samples += count;
    if (this.#samples > this.#samplesMax) throw tooManySamples(this.#samplesMax);
    this.#builder.add(labels, this.#reading.columns, { from: 0, to: count, histograms });
  }

  /** Adds a series with its native histograms, those of directories given. */
  #addBoth(
    labels: Labels,
    read: {
      readonly ref: number;
      readonly count: number;
      readonly histograms: readonly HistogramRun[];
    },
  ): void {
    const found = this.#reading.histogramsAfter(read.histograms, read.ref, read.count);
    const { histograms, count } = found;
    if (count + histograms.timestampsMs.length === 0) return;
    this.#samples += samplesWeight(histograms);
    this.#add(labels, count, histograms);
  }

  #isPauseDue(): boolean {
    return ++this.#series % SERIES_PER_CHECK === 0 && this.#slice.isOver;
  }

  async #pause(): Promise<void> {
    await this.#slice.pause();
    if (this.#request.signal?.aborted) throw canceled();
  }
}
