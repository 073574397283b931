/**
 * The native histograms and exemplars of a series, encoded for a block, by slot.
 */
import type { Exemplar } from '../model/exemplar.ts';
import type { ValueColumn } from './column-group.ts';

/** One series' histograms in one slot. */
export interface HistogramChunk extends Omit<ValueColumn, 'member'> {
  readonly slot: number;
}

export interface EncodedLanes {
  readonly histograms: readonly HistogramChunk[];
  /** By slot. */
  readonly exemplars: ReadonlyMap<number, readonly Exemplar[]>;
}
