/**
 * A series on its way into or out of a block, whole, as two columns.
 */
import type { Exemplar } from '../model/exemplar.ts';
import type { HistogramRun } from '../model/histogram-run.ts';
import type { Labels } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';

/** High and low half. */
export type Fingerprint = readonly [high: number, low: number];

export interface BlockSeries {
  readonly tenant: TenantId;
  readonly labels: Labels;
  /** `shardHash()` of the series under the database's key. */
  readonly shardHash: number;
  /** `seriesFingerprint()` where it is known; else the writer computes it. */
  readonly fingerprint?: Fingerprint;
  /**
   * Float samples: ms, ascending, unique, safe integers. A series without any has histograms or
   * exemplars. Series scraped together may hand in the
   * same array instance, which spares the writer from comparing contents.
   */
  readonly timestampsMs: Float64Array;
  /** As many as timestamps. A writer has read them when it asks for the next series. */
  readonly values: Float64Array;
  /** Native histograms, at other times than the values. */
  readonly histograms?: HistogramRun;
  /** By time. */
  readonly exemplars?: readonly Exemplar[];
}

/**
 * The generations of the head whose samples a block holds, both inclusive. Of two blocks that hold
 * a sample of one series at one time, the one with the higher `max` is right. Blocks that overlap
 * in time never have overlapping ranges; the planner of merges sees to it.
 */
export interface GenerationRange {
  readonly min: number;
  readonly max: number;
}

/** What is known of a block without opening it; what the manifest keeps. */
export interface BlockSummary {
  /** Earliest and latest sample, both inclusive. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly series: number;
  readonly samples: number;
  /** Size of the directory's files. */
  readonly bytes: number;
  readonly generations: GenerationRange;
}
