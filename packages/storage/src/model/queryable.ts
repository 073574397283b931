/**
 * Reading: the one interface between what asks (PromQL, the HTTP API, rules) and what stores (a
 * shard, all shards of a database, later other nodes).
 *
 * Asynchronous and columnar. Every series of the answer comes exactly once, whole within the asked
 * time, samples ascending and unique by timestamp, staleness markers included; the order of series
 * is not promised.
 */
import { type HistogramRun, sliceRun } from './histogram-run.ts';
import type { Labels } from './labels.ts';
import type { Matcher } from './matcher.ts';
import type { TenantId } from './tenant.ts';

export interface SelectRequest {
  readonly tenant: TenantId;
  readonly matchers: readonly Matcher[];
  /** First and last timestamp wanted, both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  /** What the reader will do, so that storage may choose tiers and columns. Never changes the result. */
  readonly hints?: SelectHints;
  readonly signal?: AbortSignal;
  /**
   * Whether native histograms are wanted. Without it batches have no lane for them, and series that
   * have no float samples in the time are left out.
   */
  readonly histograms?: boolean;
  /**
   * More samples than this end the selection with `query-limit`; a histogram counts as
   * `samplesWeight` says.
   */
  readonly samplesMax?: number;
  /** Told of what storage knows to be missing from the answer, since it cannot be read. */
  readonly onMissing?: (what: string) => void;
}

export interface SelectHints {
  /** The function around the selector (`rate`, `max_over_time`, ...), or ''. */
  readonly call: string;
  readonly stepMs: number;
  /** Window of the range selector, 0 for an instant selector. */
  readonly rangeMs: number;
}

/**
 * Series with their samples. Series scraped together share one timestamp column, so that window
 * bounds are computed once per distinct column.
 */
export interface SeriesBatch {
  /** [n] */
  readonly labels: readonly Labels[];
  /** Distinct timestamp columns, each ascending, ms. */
  readonly timestampColumns: readonly Float64Array[];
  /** [n] the series' column in `timestampColumns` */
  readonly timestampColumn: Uint32Array;
  /** Values of all series, one series after the other. */
  readonly values: Float64Array;
  /** [n+1] where each series' values start; its count is the length of its timestamp column */
  readonly valueOffsets: Uint32Array;
  /** Absent where no series of the batch has any, or nobody asked. */
  readonly histograms?: HistogramLane;
}

/**
 * The native histograms of the series of a batch, one series after the other, at other times than
 * their float samples. `laneRun` gives those of one series.
 */
export interface HistogramLane extends HistogramRun {
  /** [n+1] where each series' histograms start */
  readonly seriesOffsets: Uint32Array;
}

/** The native histograms of series `i` of a lane, a view. */
export function laneRun(lane: HistogramLane, i: number): HistogramRun {
  return sliceRun(lane, lane.seriesOffsets[i] as number, lane.seriesOffsets[i + 1] as number);
}

/** Which series a metadata question is about: the union of several selectors over a time range. */
export interface SeriesRequest {
  readonly tenant: TenantId;
  /** Each entry is one selector; empty means every series. */
  readonly selectors: readonly (readonly Matcher[])[];
  readonly startMs: number;
  readonly endMs: number;
  /** At most so many answers, 0 for all. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

export interface Queryable {
  /** @throws MonError `query-limit`, `query-canceled`, `corrupt-block` */
  select(request: SelectRequest): AsyncIterable<SeriesBatch>;
  /** Label sets of all series that match, unique, unordered. */
  series(request: SeriesRequest): Promise<Labels[]>;
  /** Sorted, unique. */
  labelNames(request: SeriesRequest): Promise<string[]>;
  /** Sorted, unique. */
  labelValues(name: string, request: SeriesRequest): Promise<string[]>;
}
