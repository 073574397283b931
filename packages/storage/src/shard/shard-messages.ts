/**
 * What passes between main, the shards and maintenance. Shapes only.
 */

import type { MessagePort } from 'node:worker_threads';
import type { AdmissionBounds } from '../head/admission.ts';
import type { Quarantine } from '../head/series-guard.ts';
import type { HashKey } from '../index/series-hash.ts';
import type { LiveBlocks } from '../maintenance/maintenance-messages.ts';
import type { WasmMemory } from '../memory/web-assembly.ts';
import type { AppendOutcome, BodyFormat, SampleColumns } from '../model/appender.ts';
import type { Exemplar, SeriesExemplars } from '../model/exemplar.ts';
import type { Matcher } from '../model/matcher.ts';
import type { SeriesLanes } from '../model/series-lanes.ts';
import type { TenantId } from '../model/tenant.ts';
import type { SeriesPage } from '../querier/series-page.ts';
import type { RoutedLane } from './lane-routing.ts';
import type { PartOutcome } from './part-outcome.ts';
import type { UnknownPart } from './unknown-series.ts';

/** From main, with the thread's start. */
export interface ShardStart {
  readonly dataDir: string;
  readonly index: number;
  readonly count: number;
  readonly hashKey: HashKey;
  /** By shard; one's own among them. See `memory/shard-layout.ts`. */
  readonly memories: readonly WasmMemory[];
  readonly live: LiveBlocks;
  /** Ports to the other shards, by index; undefined at this shard's own. */
  readonly peers: readonly (MessagePort | undefined)[];
  readonly log: MessagePort;
  readonly maintenance: MessagePort;
  /** A Float64Array, see SHARD_COUNTERS. */
  readonly counters: SharedArrayBuffer;
}

/** Entries of the counters that a shard keeps for main to read. */
export const SHARD_COUNTERS = {
  series: 0,
  samples: 1,
  /** Bytes of sample memory of the active generation. */
  activeBytes: 2,
  minTimeMs: 3,
  maxTimeMs: 4,
  samplesAppended: 5,
  wireSessions: 6,
  wireSeries: 7,
  wireBytes: 8,
  /** Exemplars in the head, and those stored, refused and dropped for newer ones since the start. */
  headExemplars: 9,
  exemplarsStored: 10,
  exemplarsRefused: 11,
  exemplarsDropped: 12,
  /** Segments of the log that have been replayed. */
  segmentsReplayed: 13,
  /** What the head holds: series, their index, samples. */
  memoryBytes: 14,
  quarantines: 15,
  /** New series refused for lack of memory. */
  seriesRefused: 16,
  /** How short memory is (`PRESSURE`); written by main. */
  pressure: 17,
} as const;
export const SHARD_COUNTERS_LENGTH = 18;

export interface ReplayAsk {
  /** Segments by number; those made since are not replayed. */
  readonly segments: readonly number[];
  /** Generations up to this one are in directories. */
  readonly cutThrough: number;
}

/** What one shard found in the WAL. Every shard reads all of it; only samples differ. */
export interface ReplayReport {
  readonly samples: number;
  readonly series: number;
  /** Samples of this shard's share whose series was never defined. */
  readonly highestGeneration: number;
  /** Highest generation by segment. */
  readonly generations: readonly (readonly [segment: number, generation: number])[];
  readonly damages: readonly ReplayDamage[];
  /** Samples that cannot be placed, since damage took their series' definition. */
  readonly samplesLost: number;
}

export interface ReplayDamage {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
}

/** A selection or another reading: pulled page by page. */
export interface SelectAsk {
  readonly tenant: TenantId;
  readonly matchers: readonly Matcher[];
  readonly startMs: number;
  readonly endMs: number;
  readonly samplesMax: number;
  readonly histograms: boolean;
}

export interface SeriesAsk {
  readonly tenant: TenantId;
  readonly selectors: readonly (readonly Matcher[])[];
  readonly startMs: number;
  readonly endMs: number;
  readonly limit: number;
}

/** One page of a stream; the stream is over, and forgotten, when `isLast`. */
export interface StreamPage {
  readonly page: unknown;
  readonly isLast: boolean;
}

/** The outcome of a request of which there is nothing else to say. */
export type SamplesAccepted = number;

/** Main calls a shard. */
export type ShardCalls = {
  replay(ask: ReplayAsk): ReplayReport;
  /** Replay is done in all shards: this is the active generation. */
  begin(generation: number): null;
  appendBody(ask: {
    readonly tenant: TenantId;
    readonly format: BodyFormat;
    readonly body: Uint8Array;
    readonly bounds: AdmissionBounds;
  }): Promise<AppendOutcome>;
  /** A body in the shard's inbox; its place is main's again with the answer. */
  appendInbox(ask: {
    readonly tenant: TenantId;
    readonly format: BodyFormat;
    readonly from: number;
    readonly to: number;
    readonly bounds: AdmissionBounds;
  }): Promise<AppendOutcome | SamplesAccepted>;
  appendFrame(ask: {
    readonly tenant: TenantId;
    readonly frame: Uint8Array;
    readonly bounds: AdmissionBounds;
  }): Promise<AppendOutcome>;
  appendColumns(ask: {
    readonly tenant: TenantId;
    readonly columns: SampleColumns;
    readonly lanes?: readonly SeriesLanes[];
    readonly bounds: AdmissionBounds;
  }): Promise<AppendOutcome>;
  /** Starts a stream and answers its first page. */
  open(ask: {
    readonly stream: number;
    readonly name: string;
    readonly ask: unknown;
  }): Promise<StreamPage>;
  next(stream: number): Promise<StreamPage>;
  /** Ends a stream early. */
  cancel(stream: number): null;
  series(ask: SeriesAsk): Promise<SeriesPage>;
  exemplars(ask: SeriesAsk): Promise<readonly SeriesExemplars[]>;
  labelNames(ask: SeriesAsk): Promise<readonly string[]>;
  labelValues(ask: SeriesAsk & { readonly name: string }): Promise<readonly string[]>;
  /** Ends the active generation; answers when it is frozen. */
  freeze(next: number): Promise<null>;
  /**
   * Reads these directories from now on, and forgets a generation that is in one of them. Answers
   * when nobody reads what was taken away.
   */
  /** What is quarantined in this shard. */
  quarantines(ask: null): readonly Quarantine[];
  /** Ends quarantines: of one metric, or all. */
  releaseQuarantines(metric: string | null): null;
  swap(ask: { readonly live: LiveBlocks; readonly cutThrough: number }): Promise<null>;
  stop(ask: null): Promise<null>;
};

/** A shard calls another. */
export type PeerCalls = {
  /** null where all samples are stored and no series was unknown. */
  part(ask: PartAsk): Promise<PartAnswer | null>;
  lanes(ask: LaneAsk): Promise<LaneAnswer>;
  /**
   * Series of `owner` that are about to leave: the answer says that no message names them again.
   */
  forget(ask: { readonly owner: number; readonly refs: Uint32Array }): Promise<null>;
};

export interface PartAsk {
  readonly tenant: TenantId;
  readonly bounds: AdmissionBounds;
  /** The part in the memory of the shard that asks, until the answer. */
  readonly from: number;
  readonly address: number;
  readonly seriesCount: number;
  readonly sampleCount: number;
  /** Series that have no ref, in the same memory. */
  readonly unknown: UnknownPart | undefined;
}

/** Native histograms and exemplars of series that the shard owns. */
export interface LaneAsk {
  readonly tenant: TenantId;
  readonly lanes: readonly RoutedLane[];
}

export interface LaneAnswer {
  /** Histograms at whose time another sample stands, by their number among all. */
  readonly conflicts: Uint32Array;
  /** Exemplars stored. */
  readonly exemplars: number;
}

export interface PartAnswer extends PartOutcome {
  /** Refs of the series that had none, in order. */
  readonly refs: Uint32Array;
}

/** Maintenance calls a shard during a cut. */
export type CutCalls = {
  /** Begins, or begins again, to hand out a frozen generation; answers how much it is. */
  begin(generation: number): Promise<CutSize>;
  /** Its series in block order, page by page; null at the end. */
  nextPage(ask: null): Promise<CutPage | null>;
};

export interface CutSize {
  readonly series: number;
  readonly samples: number;
  /** Sum over the series of the time from first to last sample, estimated. */
  readonly spanMs: number;
}

export interface CutPage {
  readonly page: SeriesPage;
  /** [n] */
  readonly tenants: readonly TenantId[];
  readonly shardHashes: Uint32Array;
  /** [2n] high and low half */
  readonly fingerprints: Uint32Array;
  /** By number of the series in the page. */
  readonly exemplars: ReadonlyMap<number, readonly Exemplar[]>;
}

/** A shard or maintenance calls main, to share LevelDB directories: see `kv/opening-holder.ts`. */
export type HoldCalls = {
  hold(dir: string): Promise<null>;
  release(dir: string): null;
};

/** Nothing is called in this direction. */
export type NoCalls = Record<never, never>;
