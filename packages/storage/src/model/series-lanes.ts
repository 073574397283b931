/**
 * What a series has beside float samples on its way into the storage: native histograms, exemplars.
 */
import type { Exemplar } from './exemplar.ts';
import type { NativeHistogram } from './histogram.ts';

export interface TimedHistogram {
  readonly timestampMs: number;
  readonly histogram: NativeHistogram;
}

export interface SeriesLanes {
  /** Name, value, name, value, ... in the sender's order and unchecked. */
  readonly pairs: readonly string[];
  readonly histograms: readonly TimedHistogram[];
  readonly exemplars: readonly Exemplar[];
}
