/**
 * The server's metrics about itself, and their exposition as Prometheus text 0.0.4.
 *
 * Counters and histograms are counted into as things happen; gauges are read when asked. Names are
 * `mon_<area>_<noun>[_<unit>][_total]`, base units. Each family has at most `SERIES_MAX` label sets.
 */
import { assert } from '@mon/storage/model/assert';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Label sets a family may have: labels here have few values by design, this catches the bug. */
export const SERIES_MAX = 2000;

export interface FamilyNaming {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** One line of a gauge: label values in the order of the family's labels, and the value. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: number;
}

interface Family {
  readonly naming: FamilyNaming;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly lines: () => string[];
}

export class Counter {
  readonly #values = new Map<string, number>();

  /** Adds to the counter of these label values. */
  add(by = 1, ...labelValues: readonly string[]): void {
    const key = labelValues.join('\u0000');
    assert(this.#values.size < SERIES_MAX || this.#values.has(key), 'counter has too many labels');
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  readings(): Reading[] {
    return [...this.#values].map(([key, value]) => ({ labels: splitKey(key), value }));
  }
}

/** Upper bounds in seconds that suit requests, queries and commits. */
export const SECONDS_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

interface Distribution {
  readonly counts: Float64Array;
  sum: number;
}

export class Histogram {
  readonly bounds: readonly number[];
  readonly #series = new Map<string, Distribution>();

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }

  observe(value: number, ...labelValues: readonly string[]): void {
    const key = labelValues.join('\u0000');
    let series = this.#series.get(key);
    if (series === undefined) {
      assert(this.#series.size < SERIES_MAX, 'histogram has too many label sets');
      series = { counts: new Float64Array(this.bounds.length + 1), sum: 0 };
      this.#series.set(key, series);
    }
    const at = this.bounds.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? this.bounds.length : at;
    series.counts[bucket] = (series.counts[bucket] as number) + 1;
    series.sum += value;
  }

  lines({ name, labels = [] }: FamilyNaming): string[] {
    const lines: string[] = [];
    for (const [key, { counts, sum }] of this.#series) {
      const values = labels.length === 0 ? [] : splitKey(key);
      let total = 0;
      for (const [i, count] of counts.entries()) {
        total += count;
        const le = i < this.bounds.length ? String(this.bounds[i]) : '+Inf';
        lines.push(
          line(`${name}_bucket`, [...labels, 'le'], { labels: [...values, le], value: total }),
        );
      }
      lines.push(line(`${name}_sum`, labels, { labels: values, value: sum }));
      lines.push(line(`${name}_count`, labels, { labels: values, value: total }));
    }
    return lines;
  }
}

export class MetricRegistry {
  readonly #families = new Map<string, Family>();
  readonly #refreshes: (() => void)[] = [];

  counter(naming: FamilyNaming): Counter {
    const counter = new Counter();
    // A counter without labels exists from the start, so that its first increase is seen.
    if (naming.labels === undefined) counter.add(0);
    this.#add({ naming, type: 'counter', lines: () => readingLines(naming, counter.readings()) });
    return counter;
  }

  histogram(naming: FamilyNaming, bounds: readonly number[] = SECONDS_BUCKETS): Histogram {
    const histogram = new Histogram(bounds);
    this.#add({ naming, type: 'histogram', lines: () => histogram.lines(naming) });
    return histogram;
  }

  /** A gauge whose value is read at each exposition. */
  gauge(naming: FamilyNaming, read: () => number | readonly Reading[]): void {
    this.#addRead(naming, { type: 'gauge', read });
  }

  /** A counter that something else keeps, read at each exposition. */
  counterFrom(naming: FamilyNaming, read: () => number | readonly Reading[]): void {
    this.#addRead(naming, { type: 'counter', read });
  }

  /** Calls `refresh` before each exposition, for figures that are read together. */
  beforeExposition(refresh: () => void): void {
    this.#refreshes.push(refresh);
  }

  exposition(): string {
    for (const refresh of this.#refreshes) refresh();
    const parts: string[] = [];
    for (const { naming, type, lines } of this.#families.values()) {
      const body = lines();
      if (body.length === 0) continue;
      parts.push(`# HELP ${naming.name} ${escapeHelp(naming.help)}`);
      parts.push(`# TYPE ${naming.name} ${type}`, ...body);
    }
    return `${parts.join('\n')}\n`;
  }

  #addRead(
    naming: FamilyNaming,
    source: { type: 'gauge' | 'counter'; read: () => number | readonly Reading[] },
  ): void {
    const { type, read } = source;
    const lines = (): string[] => {
      const found = read();
      return readingLines(
        naming,
        typeof found === 'number' ? [{ labels: [], value: found }] : found,
      );
    };
    this.#add({ naming, type, lines });
  }

  #add(family: Family): void {
    const { name } = family.naming;
    assert(/^mon_[a-z0-9_]+$/.test(name), `metric name ${name}`);
    assert(!this.#families.has(name), `metric ${name} is registered twice`);
    this.#families.set(name, family);
  }
}

function splitKey(key: string): string[] {
  return key === '' ? [] : key.split('\u0000');
}

function readingLines(naming: FamilyNaming, readings: readonly Reading[]): string[] {
  return readings.map((reading) => line(naming.name, naming.labels ?? [], reading));
}

function line(name: string, labels: readonly string[], { labels: values, value }: Reading): string {
  const pairs = labels.map((label, i) => `${label}="${escapeValue(values[i] ?? '')}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
