/**
 * A whole exposition body into columns: for imports and tests. A scrape uses `ExpositionScanner`
 * itself, with a cache of the series it knows.
 */
import type { SampleColumns } from '../model/appender.ts';
import type { Labels } from '../model/labels.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { bitsOf, setNanAt } from '../model/sample.ts';
import { expositionFormat } from './exposition-format.ts';
import { ExpositionScanner } from './exposition-scanner.ts';
import { readSeries } from './exposition-series.ts';

export interface ExpositionOptions {
  /** Of the body; decides between text and OpenMetrics. */
  readonly contentType?: string | undefined;
  /** Given to samples that have no timestamp of their own. */
  readonly nowMs: number;
}

export interface Exposition {
  /** In the order of the body; samples of one series that follow each other share one entry. */
  readonly columns: SampleColumns;
  readonly metadata: readonly MetricMetadata[];
}

/**
 * Parses a body of exposition text, all of it or nothing.
 *
 * Exemplars are checked and dropped.
 *
 * @throws MonError `bad-exposition` with line, column and reason
 */
export function parseExposition(bytes: Uint8Array, options: ExpositionOptions): Exposition {
  const scanner = new ExpositionScanner(bytes, expositionFormat(options.contentType));
  const labels: Labels[] = [];
  const offsets: number[] = [];
  const timestampsMs: number[] = [];
  const values: number[] = [];
  const metadata = new MetadataNotes();
  let previous: Buffer = Buffer.alloc(0);
  for (let entry = scanner.next(); entry !== 'end'; entry = scanner.next()) {
    if (entry !== 'sample') {
      metadata.note(scanner, entry);
      continue;
    }
    const series = scanner.bytes.subarray(scanner.seriesStart, scanner.seriesEnd);
    if (!series.equals(previous)) {
      labels.push(readSeries(scanner.bytes, scanner.seriesStart, scanner.seriesEnd));
      offsets.push(values.length);
      previous = series;
    }
    const own = scanner.timestampMs;
    timestampsMs.push(Number.isNaN(own) ? options.nowMs : own);
    values.push(scanner.value);
  }
  offsets.push(values.length);
  const columns = {
    labels,
    sampleOffsets: Uint32Array.from(offsets),
    timestampsMs: Float64Array.from(timestampsMs),
    values: Float64Array.from(values),
  };
  const bits = bitsOf(columns.values);
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) setNanAt(bits, i);
  return { columns, metadata: metadata.list() };
}

/** Gathers what `# TYPE`, `# HELP` and `# UNIT` say, metric by metric, in order of appearance. */
export class MetadataNotes {
  readonly #byMetric = new Map<string, MetricMetadata>();

  /** Takes down the metadata entry the scanner stands at. */
  note(scanner: ExpositionScanner, entry: 'type' | 'help' | 'unit'): void {
    const { metric } = scanner;
    const known = this.#byMetric.get(metric) ?? { metric, type: 'unknown', help: '', unit: '' };
    if (entry === 'type') this.#byMetric.set(metric, { ...known, type: scanner.type });
    else this.#byMetric.set(metric, { ...known, [entry]: scanner.text });
  }

  list(): MetricMetadata[] {
    return [...this.#byMetric.values()];
  }
}
