/**
 * A SampleWriter that keeps what collectors write as exposition-like lines.
 */
import type { Collector } from '@mon/agent/collect/collector';
import { formatLabels, labelsFromPairs } from '@mon/storage/model/labels';

/** Runs a collector once: series text -> value, in the order written. */
export async function collected(collector: Collector): Promise<Map<string, number>> {
  const samples = new Map<string, number>();
  await collector.collect({
    write(family, value, labelValues = []) {
      const pairs = family.labels.map((name, i) => [name, labelValues[i] ?? ''] as const);
      const series = formatLabels(labelsFromPairs([['__name__', family.name], ...pairs]));
      if (samples.has(series)) throw new Error(`${series} was written twice`);
      samples.set(series, value);
    },
  });
  return samples;
}
