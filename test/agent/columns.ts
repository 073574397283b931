/**
 * Columns of one sample a series for tests: series `m{i="0"}`, `m{i="1"}`, ... or as named.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import { type Labels, labelsFromRecord } from '@mon/storage/model/labels';

export function columnsOf(labels: readonly Labels[], timestampMs: number): SampleColumns {
  const count = labels.length;
  return {
    labels,
    sampleOffsets: Uint32Array.from({ length: count + 1 }, (_, i) => i),
    timestampsMs: new Float64Array(count).fill(timestampMs),
    values: Float64Array.from({ length: count }, (_, i) => i),
  };
}

export function numberedColumns(count: number, timestampMs: number): SampleColumns {
  const labels = Array.from({ length: count }, (_, i) =>
    labelsFromRecord({ __name__: 'm', i: String(i) }),
  );
  return columnsOf(labels, timestampMs);
}
