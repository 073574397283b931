/**
 * What is asked of one block, and the form of its answer.
 *
 * The answers are of this block alone: the querier joins the parts of a series from head and
 * blocks.
 */
import type { Matcher } from '../model/matcher.ts';
import type { SeriesBatch } from '../model/queryable.ts';
import type { TenantId } from '../model/tenant.ts';

/** One out of `count` shards: only series whose `shardOf(hash, count)` is `index`. */
export interface ShardShare {
  readonly index: number;
  readonly count: number;
}

export const ALL_SHARDS: ShardShare = { index: 0, count: 1 };

export interface BlockSelection {
  readonly tenant: TenantId;
  /** Empty: every series of the tenant. */
  readonly matchers: readonly Matcher[];
  /** First and last timestamp wanted, both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  readonly shard: ShardShare;
  /** As in `SelectRequest`. */
  readonly histograms?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Some series of a selection with their samples within the asked time; a series comes once, whole,
 * and only where it has samples there. Series of one selection that share a timestamp column carry
 * the same Float64Array instance, within a batch always, across batches as far as memory allows.
 */
export interface BlockBatch extends SeriesBatch {
  /** [2n] high and low half of each series' `seriesFingerprint()`. */
  readonly fingerprints: Uint32Array;
}
