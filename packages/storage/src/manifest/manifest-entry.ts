/**
 * What the manifest says of a live block, and how that changes. See docs/formats/manifest.md.
 */
import type { BlockSummary } from '../block/block-series.ts';

/** Resolution of the samples; further tiers come with downsampling. */
export type Tier = 'raw';

export interface ManifestEntry extends BlockSummary {
  /** Name of the directory under `blocks/`; never used again after its removal. */
  readonly id: string;
  readonly tier: Tier;
}

/** One record: everything in it becomes true at once. */
export interface ManifestChange {
  readonly add: readonly ManifestEntry[];
  /** Ids of live entries. */
  readonly remove: readonly string[];
  /** Generations of the head that are in blocks from now on; replay skips them. */
  readonly generations: readonly number[];
}
