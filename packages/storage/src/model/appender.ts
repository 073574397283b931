/**
 * Writing: the one interface between what receives (HTTP handlers, rules) and what stores.
 *
 * An append that resolved is durable and visible to the next select. Samples are rejected one by
 * one; the rest of the request is kept.
 */
import type { Labels } from './labels.ts';
import type { MetricMetadata } from './metadata.ts';
import type { SeriesLanes } from './series-lanes.ts';
import type { TenantId } from './tenant.ts';

/**
 * What is to be appended: either a request body as it came, decoded where its series live (on a
 * shard worker), or columns made on this side.
 */
export type AppendRequest = AppendBody | AppendColumns | AppendFrame;

export interface AppendBody {
  readonly kind: 'body';
  readonly tenant: TenantId;
  /** A decoder in `protocol/`. */
  readonly format: BodyFormat;
  /** As received, still compressed. Ownership passes to the appender. */
  readonly body: Uint8Array<ArrayBuffer> | BodyRoom;
}

/**
 * Room where the appender decodes a body without a copy. Whoever asked for it fills it and appends
 * it, or gives it back.
 */
export interface BodyRoom {
  readonly kind: 'room';
  readonly bytes: Uint8Array;
  release(): void;
}

export type BodyFormat = 'remote-write-1' | 'remote-write-2';

export interface AppendColumns {
  readonly kind: 'columns';
  readonly tenant: TenantId;
  readonly columns: SampleColumns;
  /** Native histograms and exemplars; their series need not stand in the columns. */
  readonly lanes?: readonly SeriesLanes[];
}

/** A frame of the mon wire: docs/protocol/mon-wire.md. */
export interface AppendFrame {
  readonly kind: 'frame';
  readonly tenant: TenantId;
  /** As received. Ownership passes to the appender. */
  readonly frame: Uint8Array<ArrayBuffer>;
}

/** Samples of n series as columns; what every decoder ends in. */
export interface SampleColumns {
  /** [n] */
  readonly labels: readonly Labels[];
  /** [n+1] where each series' samples start in the columns */
  readonly sampleOffsets: Uint32Array;
  /** ms, in any order */
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

export interface AppendOutcome {
  /** Float samples and native histograms. */
  readonly accepted: number;
  readonly rejected: number;
  /** The first rejections, at most `REJECTIONS_MAX`. */
  readonly rejections: readonly Rejection[];
  /** What the body said of its metrics, for the metadata store. */
  readonly metadata: readonly MetricMetadata[];
  /** Native histograms among the accepted; absent where the request had none. */
  readonly histograms?: number;
  /** Exemplars stored; those that are not valid or out of order are counted and left out. */
  readonly exemplars?: number;
}

export const REJECTIONS_MAX = 100;

export interface Rejection {
  /**
   * Index of the sample in the request, in the order it was sent; native histograms are numbered
   * after all float samples.
   */
  readonly index: number;
  /** `out-of-order`, `too-old`, `too-far-ahead`, `bad-label`, `series-limit`, ...: in docs/errors.md. */
  readonly code: string;
  readonly reason: string;
}

export interface Appender {
  /**
   * @throws MonError `bad-body`, `bad-wire-frame`, `wire-session-lost`, `disk-full`, `overloaded`,
   *   `closing`
   */
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** Room for a body of so many bytes; undefined where there is none, and for large ones. */
  bodyRoom?(bytes: number): BodyRoom | undefined;
}
