/**
 * A batch of series on its way between threads: columns are handed over, label pairs travel once.
 *
 * Writer and reader of a stream each keep the pairs met so far; a pair is a number from then on.
 */
import { type Labels, METRIC_NAME } from '../model/labels.ts';
import type { HistogramLane, SeriesBatch } from '../model/queryable.ts';

/** Labels of several series as numbers of pairs. */
export interface NumberedLabels {
  /** Pairs not met before in this stream: name, value, name, value, ... */
  readonly pairs: readonly string[];
  /** Pairs of all series, by number. */
  readonly labelPairs: Uint32Array<ArrayBuffer>;
  /** [n+1] */
  readonly labelOffsets: Uint32Array<ArrayBuffer>;
}

export interface SeriesPage extends NumberedLabels {
  /** All timestamp columns, one after the other. */
  readonly timestampsMs: Float64Array<ArrayBuffer>;
  /** [c+1] */
  readonly columnOffsets: Uint32Array<ArrayBuffer>;
  /** [n], values, [n+1]: as in `SeriesBatch`. */
  readonly timestampColumn: Uint32Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  readonly valueOffsets: Uint32Array<ArrayBuffer>;
  readonly histograms?: HistogramLane;
}

export class SeriesPageWriter {
  /** name -> value -> number */
  readonly #names = new Map<string, Map<string, number>>();
  #count = 0;

  /**
   * The page of a batch whose columns are not used any more on this side.
   *
   * @param labels of the batch, where the caller numbers pairs itself
   */
  write(batch: SeriesBatch, labels = this.#number(batch.labels)): SeriesPage {
    const columns = batch.timestampColumns;
    const columnOffsets = new Uint32Array(columns.length + 1);
    columns.forEach((column, i) => {
      columnOffsets[i + 1] = (columnOffsets[i] as number) + column.length;
    });
    const timestampsMs = new Float64Array(columnOffsets.at(-1) as number);
    columns.forEach((column, i) => {
      timestampsMs.set(column, columnOffsets[i]);
    });
    return {
      ...labels,
      timestampsMs,
      columnOffsets,
      timestampColumn: Uint32Array.from(batch.timestampColumn),
      values: ownColumn(batch.values),
      valueOffsets: Uint32Array.from(batch.valueOffsets),
      ...(batch.histograms === undefined ? {} : { histograms: batch.histograms }),
    };
  }

  #number(sets: readonly Labels[]): NumberedLabels {
    const pairs: string[] = [];
    const labelOffsets = new Uint32Array(sets.length + 1);
    sets.forEach((labels, i) => {
      labelOffsets[i + 1] = (labelOffsets[i] as number) + labels.length / 2;
    });
    const labelPairs = new Uint32Array(labelOffsets.at(-1) as number);
    let at = 0;
    for (const labels of sets) {
      for (let i = 0; i < labels.length; i += 2) {
        labelPairs[at++] = this.#pair(labels[i] as string, labels[i + 1] as string, pairs);
      }
    }
    return { pairs, labelPairs, labelOffsets };
  }

  #pair(name: string, value: string, added: string[]): number {
    let values = this.#names.get(name);
    if (values === undefined) {
      values = new Map();
      this.#names.set(name, values);
    }
    const known = values.get(value);
    if (known !== undefined) return known;
    values.set(value, this.#count);
    added.push(name, value);
    return this.#count++;
  }
}

/** Label sets without samples, on their way between threads. */
export function labelsPage(labels: readonly Labels[]): SeriesPage {
  return new SeriesPageWriter().write({
    labels,
    timestampColumns: [],
    timestampColumn: new Uint32Array(0),
    values: new Float64Array(0),
    valueOffsets: new Uint32Array(1),
  });
}

/** The label sets of a `labelsPage`. */
export function labelsOfPage(page: SeriesPage): readonly Labels[] {
  return new SeriesPageReader().read(page).labels;
}

/** A column that fills its buffer, so that handing it over takes nothing else along. */
function ownColumn(column: Float64Array): Float64Array<ArrayBuffer> {
  const { buffer } = column;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === column.byteLength;
  return isWhole ? (column as Float64Array<ArrayBuffer>) : column.slice();
}

/** The buffers of a page that are handed over. */
export function pageBuffers(page: SeriesPage): ArrayBuffer[] {
  return [page.timestampsMs.buffer, page.values.buffer];
}

export class SeriesPageReader {
  readonly #pairs: string[] = [];
  readonly #names: Map<string, string>;

  /** @param names one string for each label name, so that equal ones are the same */
  constructor(names = new Map([METRIC_NAME, 'le'].map((name) => [name, name] as const))) {
    this.#names = names;
  }

  read(page: SeriesPage): SeriesBatch {
    const { pairs } = page;
    for (let i = 0; i < pairs.length; i += 2) {
      this.#pairs.push(this.#name(pairs[i] as string), pairs[i + 1] as string);
    }
    const { labelOffsets, columnOffsets, timestampsMs } = page;
    const labels = Array.from({ length: labelOffsets.length - 1 }, (_, i) =>
      this.#labels(page.labelPairs, labelOffsets[i] as number, labelOffsets[i + 1] as number),
    );
    const timestampColumns = Array.from({ length: columnOffsets.length - 1 }, (_, i) =>
      timestampsMs.subarray(columnOffsets[i], columnOffsets[i + 1]),
    );
    const { timestampColumn, values, valueOffsets, histograms } = page;
    const batch = { labels, timestampColumns, timestampColumn, values, valueOffsets };
    return histograms === undefined ? batch : { ...batch, histograms };
  }

  #name(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }

  #labels(labelPairs: Uint32Array, from: number, to: number): Labels {
    const labels = new Array<string>(2 * (to - from));
    for (let i = from, at = 0; i < to; i++, at += 2) {
      const pair = 2 * (labelPairs[i] as number);
      labels[at] = this.#pairs[pair] as string;
      labels[at + 1] = this.#pairs[pair + 1] as string;
    }
    return labels;
  }
}
