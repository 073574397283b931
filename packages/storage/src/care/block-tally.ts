/**
 * Counts what directories of samples are made of: bytes by kind of key; series, samples and bytes
 * by metric; values and series by label.
 *
 * A series is in many directories: where series are counted, it is the most that one directory has.
 */
import { KIND, pageKey, parseKey } from '../block/block-key.ts';
import { BlockPages, PageCache } from '../block/block-pages.ts';
import { checkValue, contentOf } from '../block/block-value.ts';
import { readColumnHeads } from '../block/series-samples.ts';
import type { Files } from '../files/files.ts';
import { decodeLabelPage } from '../index/label-page.ts';
import { countOrdinals } from '../index/ordinal-runs.ts';
import { decodePostings, decodePostingsPage } from '../index/postings-page.ts';
import { SERIES_PER_PAGE } from '../index/series-page.ts';
import type { DatabaseFiles } from '../kv/files/database-files.ts';
import { openBlockFiles } from './block-files.ts';
import { isDamage } from './damage.ts';

export interface MetricStats {
  readonly tenant: string;
  readonly metric: string;
  readonly series: number;
  readonly samples: number;
  /** Of the samples' values. */
  readonly bytes: number;
}

export interface LabelStats {
  readonly name: string;
  readonly values: number;
  /** Length of the values as text. */
  readonly bytes: number;
}

export interface PairStats {
  readonly name: string;
  readonly value: string;
  readonly series: number;
}

export interface CountedBlock {
  readonly parts: Record<PartName, number>;
  readonly unreadable: number;
}

type PartName =
  | 'values'
  | 'timestamps'
  | 'aggregates'
  | 'series'
  | 'labels'
  | 'postings'
  | 'histograms'
  | 'exemplars'
  | 'other';

const PART_OF_KIND: Readonly<Record<number, PartName>> = {
  [KIND.columns]: 'values',
  [KIND.timestamps]: 'timestamps',
  [KIND.aggregates]: 'aggregates',
  [KIND.series]: 'series',
  [KIND.labels]: 'labels',
  [KIND.postings]: 'postings',
  [KIND.histograms]: 'histograms',
  [KIND.exemplars]: 'exemplars',
};

/** Pairs of more series than others; the rest is not kept. */
const PAIRS_KEPT = 10_000;

interface MutableMetric {
  series: number;
  samples: number;
  bytes: number;
}

export class BlockTally {
  readonly #metrics = new Map<string, MutableMetric>();
  readonly #labels = new Map<string, { values: number; bytes: number }>();
  #pairs = new Map<string, number>();

  async read(
    dir: string,
    { files, signal }: { readonly files: Files; readonly signal?: AbortSignal },
  ): Promise<CountedBlock> {
    const database = openBlockFiles(dir, files);
    try {
      const reading = await BlockReading.open(database);
      const range = { gte: new Uint8Array(0), lt: Uint8Array.of(0xff) };
      for await (const page of database.pages(range)) {
        signal?.throwIfAborted();
        for (const [key, value] of page) reading.take(key, value);
      }
      this.#add(reading);
      return { parts: reading.parts, unreadable: reading.unreadable };
    } finally {
      database.close();
    }
  }

  topMetrics(count: number): MetricStats[] {
    return [...this.#metrics]
      .sort(([, a], [, b]) => b.series - a.series || b.bytes - a.bytes)
      .slice(0, count)
      .map(([key, stats]) => {
        const [tenant = '', metric = ''] = key.split('\u0000');
        return { tenant, metric, ...stats };
      });
  }

  topLabels(count: number): LabelStats[] {
    return [...this.#labels]
      .sort(([, a], [, b]) => b.values - a.values || b.bytes - a.bytes)
      .slice(0, count)
      .map(([name, stats]) => ({ name, ...stats }));
  }

  topPairs(count: number): PairStats[] {
    return [...this.#pairs]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([key, series]) => {
        const [name = '', value = ''] = key.split('\u0000');
        return { name, value, series };
      });
  }

  #add({ metrics, labels, pairs }: BlockReading): void {
    for (const [key, { series, samples, bytes }] of metrics) {
      const sum = this.#metrics.get(key) ?? { series: 0, samples: 0, bytes: 0 };
      sum.series = Math.max(sum.series, series);
      sum.samples += samples;
      sum.bytes += bytes;
      this.#metrics.set(key, sum);
    }
    for (const [name, { values, bytes }] of labels) {
      const sum = this.#labels.get(name) ?? { values: 0, bytes: 0 };
      const most = { values: Math.max(sum.values, values), bytes: Math.max(sum.bytes, bytes) };
      this.#labels.set(name, most);
    }
    for (const [pair, series] of pairs) {
      this.#pairs.set(pair, Math.max(this.#pairs.get(pair) ?? 0, series));
    }
    if (this.#pairs.size <= PAIRS_KEPT) return;
    const kept = [...this.#pairs].sort(([, a], [, b]) => b - a).slice(0, PAIRS_KEPT / 2);
    this.#pairs = new Map(kept);
  }
}

/** Where a metric's series are. */
interface MetricRange {
  readonly firstSeries: number;
  readonly counts: MutableMetric;
}

class BlockReading {
  readonly parts: Record<PartName, number> = {
    ...{ values: 0, timestamps: 0, aggregates: 0, series: 0, labels: 0, postings: 0 },
    ...{ histograms: 0, exemplars: 0, other: 0 },
  };
  unreadable = 0;
  readonly metrics = new Map<string, MutableMetric>();
  readonly labels = new Map<string, { values: number; bytes: number }>();
  readonly pairs = new Map<string, number>();
  readonly #ranges: MetricRange[] = [];
  /** By group: ordinal of its first series. */
  readonly #groupStarts: number[] = [];
  readonly #database: DatabaseFiles;

  private constructor(database: DatabaseFiles) {
    this.#database = database;
  }

  static async open(database: DatabaseFiles): Promise<BlockReading> {
    const reading = new BlockReading(database);
    try {
      await reading.#readIndex();
    } catch (error) {
      if (!isDamage(error)) throw error;
      reading.unreadable++;
    }
    return reading;
  }

  take(key: Uint8Array, value: Uint8Array): void {
    const part = PART_OF_KIND[key[0] as number] ?? 'other';
    this.parts[part] += key.length + value.length;
    try {
      if (key[0] === KIND.columns) this.#takeColumns(key, value);
      else if (key[0] === KIND.labels) this.#takeLabels(key, value);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.unreadable++;
    }
  }

  /** Which ordinals each metric and each group has. */
  async #readIndex(): Promise<void> {
    const pages = new BlockPages(this.#database, new PageCache());
    for (const { tenant, catalog } of await pages.tenants()) {
      catalog.metrics.forEach((metric, i) => {
        const [firstSeries = 0, end = 0] = catalog.metricStarts.slice(i, i + 2);
        const counts = { series: end - firstSeries, samples: 0, bytes: 0 };
        this.metrics.set(`${tenant}\u0000${metric}`, counts);
        this.#ranges.push({ firstSeries, counts });
      });
    }
    this.#ranges.sort((a, b) => a.firstSeries - b.firstSeries);
    const count = Math.ceil(pages.header.series / SERIES_PER_PAGE);
    for (let number = 0; number < count; number++) {
      const { groups, members } = pages.seriesPage(number);
      groups.forEach((group, row) => {
        this.#groupStarts[group] ??= number * SERIES_PER_PAGE + row - (members[row] as number);
      });
    }
  }

  #takeColumns(key: Uint8Array, value: Uint8Array): void {
    const parsed = parseKey(key);
    if (parsed?.kind !== 'columns') return;
    const first = this.#groupStarts[parsed.group];
    if (first === undefined) return;
    const heads = readColumnHeads(this.#database.dir, key, value);
    for (let i = 0; i < heads.count; i++) {
      const counts = this.#metricOf(first + (heads.members[i] as number));
      if (counts === undefined) continue;
      counts.samples += heads.counts[i] as number;
      counts.bytes += (heads.starts[i + 1] as number) - (heads.starts[i] as number);
    }
  }

  #metricOf(ordinal: number): MutableMetric | undefined {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.firstSeries ?? 0) <= ordinal) low = middle + 1;
      else high = middle;
    }
    return this.#ranges[low - 1]?.counts;
  }

  #takeLabels(key: Uint8Array, value: Uint8Array): void {
    const parsed = parseKey(key);
    if (parsed?.kind !== 'labels') return;
    checkValue(key, value);
    const { names, values } = decodeLabelPage(contentOf(KIND.labels, value));
    const postings = this.#postingsOf(parsed.page);
    names.forEach((name, i) => {
      const text = values[i] as string;
      const sum = this.labels.get(name) ?? { values: 0, bytes: 0 };
      sum.values++;
      sum.bytes += Buffer.byteLength(text);
      this.labels.set(name, sum);
      const list = postings[i];
      // A pair of few series is no news, and there may be millions.
      const series = list === undefined ? 0 : countOrdinals(decodePostings(list));
      if (series > 1) this.pairs.set(`${name}\u0000${text}`, series);
    });
  }

  #postingsOf(page: number): readonly Uint8Array[] {
    const key = pageKey(KIND.postings, page);
    const value = this.#database.getSync(key);
    if (value === undefined) return [];
    checkValue(key, value);
    return decodePostingsPage(contentOf(KIND.postings, value)).lists;
  }
}
