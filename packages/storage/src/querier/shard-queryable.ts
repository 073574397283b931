/**
 * Reading on one shard: its head and, of each directory, the series that fall to it.
 *
 * A reading sees the generations and directories that were live when it began, so that it meets no
 * sample twice and misses none while a cut or merge takes effect.
 */
import type { Generation } from '../head/generation.ts';
import type { Head } from '../head/head.ts';
import { matchSeries } from '../head/match-series.ts';
import { SampleBuffer } from '../head/sample-buffer.ts';
import { compareText, type Labels, labelValue } from '../model/labels.ts';
import type { Queryable, SelectRequest, SeriesBatch, SeriesRequest } from '../model/queryable.ts';
import type { Readers } from '../shard/readers.ts';
import { WorkSlice } from '../threads/work-slice.ts';
import { BatchBuilder } from './batch-builder.ts';
import { canceled, tooManySamples } from './query-errors.ts';
import { addPart, spanWithin } from './sample-merge.ts';

/** Series read between two looks at the clock. */
const SERIES_PER_CHECK = 64;

export class ShardQueryable implements Queryable {
  readonly #head: Head;
  readonly #readers: Readers;

  constructor(head: Head, readers: Readers) {
    this.#head = head;
    this.#readers = readers;
  }

  async *select(request: SelectRequest): AsyncGenerator<SeriesBatch> {
    const leave = this.#readers.enter();
    try {
      const reading = new HeadReading(this.#head, request);
      const refs = matchSeries(this.#head.series, request.tenant, request.matchers);
      const builder = new BatchBuilder();
      const budget = new SamplesBudget(request.samplesMax);
      const slice = new WorkSlice();
      for (let i = 0; i < refs.length; i++) {
        const ref = refs[i] as number;
        const count = reading.read(ref);
        if (count > 0) {
          budget.take(count);
          builder.add(this.#head.series.labels(ref), reading.out, 0, count);
        }
        if (builder.isFull) yield builder.take();
        if (i % SERIES_PER_CHECK === 0 && slice.isOver) {
          await slice.pause();
          if (request.signal?.aborted) throw canceled();
        }
      }
      if (builder.seriesCount > 0) yield builder.take();
    } finally {
      leave();
    }
  }

  async series(request: SeriesRequest): Promise<Labels[]> {
    const found: Labels[] = [];
    const seen = new Set<number>();
    const reading = new HeadReading(this.#head, request);
    const selectors = request.selectors.length > 0 ? request.selectors : [[]];
    for (const matchers of selectors) {
      for (const ref of matchSeries(this.#head.series, request.tenant, matchers)) {
        if (seen.has(ref) || reading.read(ref) === 0) continue;
        seen.add(ref);
        found.push(this.#head.series.labels(ref));
        if (found.length === request.limit) return found;
      }
    }
    return found;
  }

  async labelNames(request: SeriesRequest): Promise<string[]> {
    const names = new Set<string>();
    for (const labels of await this.series({ ...request, limit: 0 })) {
      for (let i = 0; i < labels.length; i += 2) names.add(labels[i] as string);
    }
    return [...names].sort(compareText);
  }

  async labelValues(name: string, request: SeriesRequest): Promise<string[]> {
    const values = new Set<string>();
    for (const labels of await this.series({ ...request, limit: 0 })) {
      values.add(labelValue(labels, name));
    }
    values.delete('');
    return [...values].sort(compareText);
  }
}

/** Reads series of the head within a time range, as of the moment this was made. */
class HeadReading {
  readonly out = new SampleBuffer();
  readonly #part = new SampleBuffer();
  readonly #head: Head;
  readonly #generations: readonly Generation[];
  readonly #startMs: number;
  readonly #endMs: number;

  constructor(head: Head, range: { readonly startMs: number; readonly endMs: number }) {
    this.#head = head;
    this.#startMs = range.startMs;
    this.#endMs = range.endMs;
    this.#generations = [...head.frozen, head.active].filter(
      ({ minTimeMs, maxTimeMs }) => minTimeMs <= range.endMs && maxTimeMs >= range.startMs,
    );
  }

  /** Samples of a series, in `out`; returns how many. */
  read(ref: number): number {
    let count = 0;
    for (const generation of this.#generations) {
      const read = this.#head.read(generation, ref, { out: this.#part, at: 0 });
      const { timestampsMs, values } = this.#part;
      const span = { timestampsMs, values, from: 0, to: read };
      count = addPart(this.out, count, spanWithin(span, this.#startMs, this.#endMs));
    }
    return count;
  }
}

/** Ends a selection that reads too much. */
class SamplesBudget {
  readonly #max: number;
  #taken = 0;

  constructor(max = Number.POSITIVE_INFINITY) {
    this.#max = max;
  }

  take(samples: number): void {
    this.#taken += samples;
    if (this.#taken > this.#max) throw tooManySamples(this.#max);
  }
}
