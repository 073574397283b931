/**
 * What an evaluation writes: one sample a series, all at one time.
 */

import type { SampleColumns } from '@mon/storage/model/appender';
import { type Labels, labelsKey } from '@mon/storage/model/labels';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';

/** Series with their values, by `labelsKey`. */
export type SampleRows = ReadonlyMap<string, SampleRow>;

export interface SampleRow {
  readonly labels: Labels;
  /** Undefined: a staleness marker. */
  readonly value: number | undefined;
}

/** The rows with markers for the series that were written before and are not now. */
export function withStaleRows(rows: SampleRows, before: Iterable<Labels>): SampleRows {
  const all = new Map(rows);
  for (const labels of before) {
    const key = labelsKey(labels);
    if (!all.has(key)) all.set(key, { labels, value: undefined });
  }
  return all;
}

/** Markers for all of `series`. */
export function staleRows(series: Iterable<Labels>): SampleRows {
  return withStaleRows(new Map(), series);
}

/** The series that have a value. */
export function liveSeries(rows: SampleRows): Labels[] {
  return [...rows.values()].filter((row) => row.value !== undefined).map((row) => row.labels);
}

/** The rows as columns for an Appender. */
export function toColumns(rows: readonly SampleRow[], timeMs: number): SampleColumns {
  const n = rows.length;
  const values = new Float64Array(n);
  const bits = bitsOf(values);
  rows.forEach((row, i) => {
    if (row.value === undefined) setStaleAt(bits, i);
    else values[i] = row.value;
  });
  return {
    labels: rows.map((row) => row.labels),
    sampleOffsets: Uint32Array.from({ length: n + 1 }, (_, i) => i),
    timestampsMs: new Float64Array(n).fill(timeMs),
    values,
  };
}
