/**
 * Columns as lines for comparing: `series value timestamp`, `stale` for staleness markers.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import { formatLabels } from '@mon/storage/model/labels';
import { bitsOf, isStaleAt } from '@mon/storage/model/sample';

export function sampleLines(columns: SampleColumns): string[] {
  const { labels, sampleOffsets, timestampsMs, values } = columns;
  const bits = bitsOf(values);
  return labels.flatMap((set, i) => {
    const lines: string[] = [];
    for (let k = sampleOffsets[i] ?? 0; k < (sampleOffsets[i + 1] ?? 0); k++) {
      const value = isStaleAt(bits, k) ? 'stale' : values[k];
      lines.push(`${formatLabels(set)} ${value} ${timestampsMs[k]}`);
    }
    return lines;
  });
}
