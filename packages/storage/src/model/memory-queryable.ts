/**
 * A Queryable over columns held in memory: for tests, for the backtest of rules, for benchmarks.
 *
 * Samples may be added in any order; a later sample of an equal timestamp wins. Series whose sample
 * times are equal share one timestamp column, as series of one scrape do in storage.
 */
import type { SampleColumns } from './appender.ts';
import { assert } from './assert.ts';
import { MonError } from './error.ts';
import {
  firstAtOrAfter,
  type HistogramRun,
  mergeRuns,
  NO_HISTOGRAMS,
  runWithin,
  samplesWeight,
  withoutTimes,
} from './histogram-run.ts';
import { compareText, type Labels, labelsKey, labelValue } from './labels.ts';
import { LaneBuilder } from './lane-builder.ts';
import { labelsTest } from './matcher.ts';
import type { Queryable, SelectRequest, SeriesBatch, SeriesRequest } from './queryable.ts';
import { withoutSamplesAt } from './sample-kinds.ts';
import type { TenantId } from './tenant.ts';

interface HeldSeries {
  readonly labels: Labels;
  timestampsMs: Float64Array;
  values: Float64Array;
  histograms: HistogramRun;
}

export class MemoryQueryable implements Queryable {
  readonly #seriesPerBatch: number;
  readonly #tenants = new Map<TenantId, Map<string, HeldSeries>>();
  /** Timestamp columns by content, so that equal ones are one object. */
  readonly #columns = new Map<string, Float64Array[]>();

  constructor(seriesPerBatch = 256) {
    assert(seriesPerBatch > 0, 'a batch holds at least one series');
    this.#seriesPerBatch = seriesPerBatch;
  }

  /** Adds samples; staleness markers are kept as such. */
  add(tenant: TenantId, columns: SampleColumns): void {
    const held = this.#tenants.get(tenant) ?? new Map<string, HeldSeries>();
    this.#tenants.set(tenant, held);
    for (const [i, labels] of columns.labels.entries()) {
      const from = columns.sampleOffsets[i] as number;
      const to = columns.sampleOffsets[i + 1] as number;
      const series = heldIn(held, labels);
      const timestampsMs = columns.timestampsMs.subarray(from, to);
      mergeSamples(series, timestampsMs, columns.values.subarray(from, to));
      series.timestampsMs = this.#sharedColumn(series.timestampsMs);
      if (series.histograms.timestampsMs.length > 0) {
        series.histograms = withoutTimes(series.histograms, new Set(timestampsMs));
      }
    }
  }

  /** Adds native histograms of one series; at equal times what is added later wins. */
  addHistograms(tenant: TenantId, labels: Labels, run: HistogramRun): void {
    const held = this.#tenants.get(tenant) ?? new Map<string, HeldSeries>();
    this.#tenants.set(tenant, held);
    const series = heldIn(held, labels);
    series.histograms = mergeRuns([series.histograms, run]);
    const floats = withoutSamplesAt(series, run.timestampsMs);
    series.timestampsMs = this.#sharedColumn(floats.timestampsMs);
    series.values = floats.values;
  }

  async *select(request: SelectRequest): AsyncGenerator<SeriesBatch> {
    const matches = labelsTest(request.matchers);
    let samples = 0;
    let pending: HeldSeries[] = [];
    for (const series of this.#of(request.tenant)) {
      if (!matches(series.labels)) continue;
      const from = firstAtOrAfter(series.timestampsMs, request.startMs);
      const to = firstAtOrAfter(series.timestampsMs, request.endMs + 1);
      const run = histogramsOf(series, request);
      if (from === to && run.timestampsMs.length === 0) continue;
      samples += to - from + samplesWeight(run);
      if (samples > (request.samplesMax ?? Number.POSITIVE_INFINITY)) throw tooManySamples(request);
      pending.push(series);
      if (pending.length < this.#seriesPerBatch) continue;
      yield batchOf(pending, request);
      pending = [];
      if (request.signal?.aborted === true) throw canceled();
    }
    if (pending.length > 0) yield batchOf(pending, request);
  }

  async series(request: SeriesRequest): Promise<Labels[]> {
    const tests = request.selectors.map((matchers) => labelsTest(matchers));
    const found: Labels[] = [];
    for (const { labels, timestampsMs, histograms } of this.#of(request.tenant)) {
      if (tests.length > 0 && !tests.some((test) => test(labels))) continue;
      const isWithin = [timestampsMs, histograms.timestampsMs].some((column) => {
        const first = firstAtOrAfter(column, request.startMs);
        return (column[first] ?? Number.POSITIVE_INFINITY) <= request.endMs;
      });
      if (!isWithin) continue;
      found.push(labels);
      if (found.length === request.limit) break;
    }
    return found;
  }

  async labelNames(request: SeriesRequest): Promise<string[]> {
    const names = new Set<string>();
    for (const labels of await this.series({ ...request, limit: 0 })) {
      for (let i = 0; i < labels.length; i += 2) names.add(labels[i] as string);
    }
    return limited([...names].sort(compareText), request.limit);
  }

  async labelValues(name: string, request: SeriesRequest): Promise<string[]> {
    const values = new Set<string>();
    for (const labels of await this.series({ ...request, limit: 0 })) {
      const value = labelValue(labels, name);
      if (value !== '') values.add(value);
    }
    return limited([...values].sort(compareText), request.limit);
  }

  #of(tenant: TenantId): Iterable<HeldSeries> {
    return this.#tenants.get(tenant)?.values() ?? [];
  }

  #sharedColumn(column: Float64Array): Float64Array {
    const key = `${column.length} ${column[0]} ${column.at(-1)}`;
    const known = this.#columns.get(key);
    if (known === undefined) {
      this.#columns.set(key, [column]);
      return column;
    }
    const equal = known.find((other) => other.every((ms, i) => ms === column[i]));
    if (equal !== undefined) return equal;
    known.push(column);
    return column;
  }
}

function limited<T>(list: T[], limit: number): T[] {
  return limit === 0 ? list : list.slice(0, limit);
}

/** The series of a label set, new where it is not there yet. */
function heldIn(held: Map<string, HeldSeries>, labels: Labels): HeldSeries {
  const key = labelsKey(labels);
  let series = held.get(key);
  if (series === undefined) {
    const timestampsMs = new Float64Array(0);
    series = { labels, timestampsMs, values: new Float64Array(0), histograms: NO_HISTOGRAMS };
    held.set(key, series);
  }
  return series;
}

/** The histograms that a request asks for. */
function histogramsOf({ histograms }: HeldSeries, request: SelectRequest): HistogramRun {
  if (request.histograms !== true) return NO_HISTOGRAMS;
  return runWithin(histograms, request.startMs, request.endMs);
}

/** Copies the wanted part of each series, sharing timestamp columns that are shared in memory. */
function batchOf(list: readonly HeldSeries[], request: SelectRequest): SeriesBatch {
  const columns: Float64Array[] = [];
  const columnOf = new Map<Float64Array, number>();
  const starts: number[] = [];
  const timestampColumn = new Uint32Array(list.length);
  const valueOffsets = new Uint32Array(list.length + 1);
  for (const [i, { timestampsMs }] of list.entries()) {
    let column = columnOf.get(timestampsMs);
    if (column === undefined) {
      const from = firstAtOrAfter(timestampsMs, request.startMs);
      column = columns.length;
      columns.push(timestampsMs.slice(from, firstAtOrAfter(timestampsMs, request.endMs + 1)));
      starts.push(from);
      columnOf.set(timestampsMs, column);
    }
    timestampColumn[i] = column;
    valueOffsets[i + 1] = (valueOffsets[i] as number) + (columns[column] as Float64Array).length;
  }
  const values = new Float64Array(valueOffsets[list.length] as number);
  for (const [i, series] of list.entries()) {
    const column = timestampColumn[i] as number;
    const from = starts[column] as number;
    const count = (columns[column] as Float64Array).length;
    values.set(series.values.subarray(from, from + count), valueOffsets[i] as number);
  }
  const labels = list.map((series) => series.labels);
  const batch = { labels, timestampColumns: columns, timestampColumn, values, valueOffsets };
  const lanes = new LaneBuilder();
  for (const [i, series] of list.entries()) lanes.add(i, histogramsOf(series, request));
  const histograms = lanes.take(list.length);
  return histograms === undefined ? batch : { ...batch, histograms };
}

/** Adds samples to a series, ascending and unique by time; of equal times the later added stays. */
function mergeSamples(series: HeldSeries, timesMs: Float64Array, values: Float64Array): void {
  const old = series.timestampsMs.length;
  const allTimesMs = new Float64Array(old + timesMs.length);
  allTimesMs.set(series.timestampsMs);
  allTimesMs.set(timesMs, old);
  const allValues = new Float64Array(allTimesMs.length);
  allValues.set(series.values);
  allValues.set(values, old);
  let isAscending = true;
  for (let i = Math.max(1, old); i < allTimesMs.length && isAscending; i++) {
    isAscending = (allTimesMs[i - 1] as number) < (allTimesMs[i] as number);
  }
  if (isAscending) {
    series.timestampsMs = allTimesMs;
    series.values = allValues;
    return;
  }
  // A stable sort: of equal times the one added later comes last.
  const order = Uint32Array.from(allTimesMs.keys()).sort(
    (a, b) => (allTimesMs[a] as number) - (allTimesMs[b] as number) || a - b,
  );
  const kept = order.filter((at, i) => allTimesMs[at] !== allTimesMs[order[i + 1] ?? -1]);
  series.timestampsMs = new Float64Array(kept.length);
  series.values = new Float64Array(kept.length);
  for (const [i, at] of kept.entries()) {
    series.timestampsMs[i] = allTimesMs[at] as number;
    // `set` keeps the bits of a staleness marker, plain assignment need not.
    series.values.set(allValues.subarray(at, at + 1), i);
  }
}

function tooManySamples(request: SelectRequest): MonError {
  return new MonError({
    code: 'query-limit',
    what: 'Cannot read the samples that the query selects',
    why: `they are more than the limit of ${request.samplesMax}`,
    mend: 'Narrow the selectors or the time range.',
  });
}

function canceled(): MonError {
  return new MonError({
    code: 'query-canceled',
    what: 'Cannot finish the selection',
    why: 'whoever asked for it went away',
    mend: 'Ask again.',
    retryable: true,
  });
}
