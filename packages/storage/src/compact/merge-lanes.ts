/**
 * The native histograms and exemplars of one series out of several blocks.
 */
import type { BlockSeries } from '../block/block-series.ts';
import { mergeExemplars } from '../model/exemplar.ts';
import { mergeRuns } from '../model/histogram-run.ts';
import { type FloatColumns, withoutSamplesAt } from '../model/sample-kinds.ts';

/**
 * Merged floats with what else the parts have.
 *
 * @param parts by generation, ascending: at equal times the last one is right
 */
export function withLanes(
  floats: FloatColumns,
  parts: readonly BlockSeries[],
): Pick<BlockSeries, 'timestampsMs' | 'values' | 'histograms' | 'exemplars'> {
  const runs = parts.flatMap(({ histograms }) => histograms ?? []);
  const some = parts.flatMap(({ exemplars }) => (exemplars === undefined ? [] : [exemplars]));
  if (runs.length + some.length === 0) return floats;
  const histograms = mergeRuns(runs);
  return {
    ...withoutSamplesAt(floats, histograms.timestampsMs),
    ...(runs.length === 0 ? {} : { histograms }),
    ...(some.length === 0 ? {} : { exemplars: mergeExemplars(some) }),
  };
}
