/**
 * Reading on main: every shard is asked, and answers are put together. A series lives in one shard.
 */
import {
  EXEMPLARS_PER_ANSWER_MAX,
  type ExemplarQueryable,
  type SeriesExemplars,
} from '../model/exemplar.ts';
import { samplesWeight } from '../model/histogram-run.ts';
import { compareLabels, compareText, type Labels } from '../model/labels.ts';
import type { Queryable, SelectRequest, SeriesBatch, SeriesRequest } from '../model/queryable.ts';
import type { SeriesAsk } from '../shard/shard-messages.ts';
import type { ShardThreads } from '../shard/shard-threads.ts';
import { canceled, tooManyExemplars, tooManySamples } from './query-errors.ts';
import { labelsOfPage, type SeriesPage, SeriesPageReader } from './series-page.ts';
import { shardStreams } from './shard-streams.ts';

export class DatabaseQueryable implements Queryable, ExemplarQueryable {
  readonly #shards: ShardThreads;

  constructor(shards: ShardThreads) {
    this.#shards = shards;
  }

  async *select(request: SelectRequest): AsyncGenerator<SeriesBatch> {
    const { tenant, matchers, startMs, endMs, signal } = request;
    const samplesMax = request.samplesMax ?? Number.MAX_SAFE_INTEGER;
    const histograms = request.histograms === true;
    const ask = { tenant, matchers, startMs, endMs, samplesMax, histograms };
    const readers = this.#shards.ports.map(() => new SeriesPageReader());
    let samples = 0;
    const pages = shardStreams(this.#shards.ports, { name: 'select', ask }, signal);
    for await (const { shard, page } of pages) {
      const batch = (readers[shard] as SeriesPageReader).read(page as SeriesPage);
      samples += sampleCount(batch);
      if (samples > samplesMax) throw tooManySamples(samplesMax);
      yield batch;
    }
  }

  async series(request: SeriesRequest): Promise<Labels[]> {
    const answers = await this.#shards.callAll('series', askOf(request));
    return limited(answers.flatMap(labelsOfPage), request);
  }

  async exemplars(request: SeriesRequest): Promise<readonly SeriesExemplars[]> {
    const answers = await this.#shards.callAll('exemplars', askOf(request));
    const found = limited(answers.flat(), request);
    const count = found.reduce((sum, { exemplars }) => sum + exemplars.length, 0);
    if (count > EXEMPLARS_PER_ANSWER_MAX) throw tooManyExemplars(EXEMPLARS_PER_ANSWER_MAX);
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }

  async labelNames(request: SeriesRequest): Promise<string[]> {
    const answers = await this.#shards.callAll('labelNames', askOf(request));
    return limited(sortedUnique(answers), request);
  }

  async labelValues(name: string, request: SeriesRequest): Promise<string[]> {
    const answers = await this.#shards.callAll('labelValues', { ...askOf(request), name });
    return limited(sortedUnique(answers), request);
  }
}

/** Samples of a batch. */
function sampleCount(batch: SeriesBatch): number {
  const lane = batch.histograms;
  const weight = lane === undefined ? 0 : samplesWeight(lane);
  return (batch.valueOffsets[batch.labels.length] as number) + weight;
}

function askOf({ tenant, selectors, startMs, endMs, limit, signal }: SeriesRequest): SeriesAsk {
  if (signal?.aborted) throw canceled();
  return { tenant, selectors, startMs, endMs, limit };
}

function sortedUnique(answers: readonly (readonly string[])[]): string[] {
  return [...new Set(answers.flat())].sort(compareText);
}

function limited<T>(items: T[], { limit, signal }: SeriesRequest): T[] {
  if (signal?.aborted) throw canceled();
  return limit > 0 ? items.slice(0, limit) : items;
}
