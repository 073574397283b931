/**
 * StatsD's events aggregated into what Prometheus knows. The mapping is documented in
 * docs/agent.md, "StatsD":
 *
 *     c        counter, since the agent started
 *     g        gauge; a sign in front of the value changes it by that
 *     ms       histogram in seconds
 *     h, d     histogram of the values as they are
 *     s        gauge: different members since the last flush
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import { assert } from '@mon/storage/model/assert';
import { type Labels, labelsFromPairs, METRIC_NAME, withLabel } from '@mon/storage/model/labels';
import { SeriesRounds } from '../scrape/series-rounds.ts';
import {
  metricNameOf,
  parseStatsdLine,
  parseTags,
  type StatsdFault,
  type StatsdLine,
  statsdNumber,
} from './statsd-line.ts';

/** Upper bounds of a timer's buckets, in seconds. */
export const TIMER_BOUNDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
/** Upper bounds of the buckets of `h` and `d`, whose unit is not known. */
export const VALUE_BOUNDS: readonly number[] = [
  0.01, 0.1, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 100_000, 1_000_000,
];
/** Members of a set that are told apart between two flushes. */
export const SET_MEMBERS_MAX = 10_000;

type StatsdKind = 'counter' | 'gauge' | 'set' | 'timer' | 'histogram';

interface StatsdMetric {
  readonly kind: StatsdKind;
  /** Names it is written under. */
  readonly names: readonly string[];
  /** Of the series it is written as. */
  readonly ids: readonly number[];
  lastSeenMs: number;
  /** Counter and gauge: the reading. Timer and histogram: sum. */
  value: number;
  readonly members: Set<string>;
  readonly bounds: readonly number[];
  /** [bounds + 1] events a bucket, not cumulative. */
  readonly buckets: Float64Array;
}

export interface StatsdSeriesOptions {
  /** Job and instance. */
  readonly targetLabels: Labels;
  readonly finishLabels: (labels: Labels) => Labels;
  readonly seriesMax: number;
  readonly expiryMs: number;
}

const BOUNDS: Readonly<Record<StatsdKind, readonly number[] | undefined>> = {
  counter: undefined,
  gauge: undefined,
  set: undefined,
  timer: TIMER_BOUNDS,
  histogram: VALUE_BOUNDS,
};

export class StatsdSeries {
  readonly #options: StatsdSeriesOptions;
  readonly #rounds = new SeriesRounds();
  /** By name, type and tags as they are written, so that a known line costs one look-up. */
  readonly #byText = new Map<string, StatsdMetric>();
  readonly #byIdentity = new Map<string, StatsdMetric>();
  /** Who writes under a metric name: a kind and its first name. Others there are a conflict. */
  readonly #owners = new Map<string, { owner: string; metrics: number }>();
  #seriesCount = 0;

  constructor(options: StatsdSeriesOptions) {
    this.#options = options;
  }

  get seriesCount(): number {
    return this.#seriesCount;
  }

  /** Takes a line; returns why it was not taken, or undefined. Nothing of a faulty line counts. */
  take(text: string, nowMs: number): StatsdFault | undefined {
    const line = parseStatsdLine(text);
    if (typeof line === 'string') return line;
    const numbers: number[] = [];
    if (line.type !== 's') {
      for (const written of line.values) {
        const value = statsdNumber(written);
        if (value === undefined) return 'bad-value';
        if (value < 0 && line.type === 'c') return 'negative-counter';
        numbers.push(value);
      }
    }
    const metric = this.#metric(line);
    if (typeof metric === 'string') return metric;
    metric.lastSeenMs = nowMs;
    if (metric.kind === 'set') addMember(metric, line.values[0] as string);
    numbers.forEach((value, index) => {
      addValue(metric, { line, index, value });
    });
    return undefined;
  }

  /** What there is now as columns; series without news for too long end in staleness markers. */
  flush(nowMs: number): SampleColumns {
    this.#rounds.begin(nowMs);
    for (const [identity, metric] of this.#byIdentity) {
      if (nowMs - metric.lastSeenMs > this.#options.expiryMs) this.#forget(identity, metric);
      else writeMetric(this.#rounds, metric);
    }
    return this.#rounds.finish().columns;
  }

  /** Markers for everything. */
  end(nowMs: number): SampleColumns {
    return this.#rounds.end(nowMs, []);
  }

  #metric(line: StatsdLine): StatsdMetric | StatsdFault {
    const text = `${line.type}|${line.name}|${line.tags}`;
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const name = metricNameOf(line.name);
    const kind = kindOf(line);
    const names = namesOf(name, kind);
    const owner = `${kind} ${name}`;
    if (names.some((other) => (this.#owners.get(other)?.owner ?? owner) !== owner))
      return 'type-conflict';
    const tags = parseTags(line.tags);
    if (tags === undefined) return 'bad-tag';
    const labels = this.#labels(name, tags, kind);
    const identity = labels.join('\u0000');
    let metric = this.#byIdentity.get(identity);
    if (metric === undefined) {
      const bounds = BOUNDS[kind];
      const count = bounds === undefined ? 1 : bounds.length + 3;
      if (this.#seriesCount + count > this.#options.seriesMax) return 'series-limit';
      metric = this.#open(kind, labels, names);
      this.#seriesCount += count;
      this.#byIdentity.set(identity, metric);
      for (const other of names) {
        const metrics = (this.#owners.get(other)?.metrics ?? 0) + 1;
        this.#owners.set(other, { owner, metrics });
      }
    }
    // Spellings of one series are bounded with it: a sender that shuffles tags pays by parsing.
    if (this.#byText.size < 2 * this.#options.seriesMax) this.#byText.set(text, metric);
    return metric;
  }

  #labels(name: string, tags: readonly [string, string][], kind: StatsdKind): Labels {
    const { targetLabels } = this.#options;
    const taken = new Set<string>(BOUNDS[kind] === undefined ? [] : ['le']);
    for (let i = 0; i < targetLabels.length; i += 2) taken.add(targetLabels[i] as string);
    const pairs: [string, string][] = [[METRIC_NAME, name]];
    for (const [tag, value] of tags) pairs.push([taken.has(tag) ? `exported_${tag}` : tag, value]);
    for (let i = 0; i < targetLabels.length; i += 2)
      pairs.push([targetLabels[i] as string, targetLabels[i + 1] as string]);
    return labelsFromPairs(pairs);
  }

  #open(kind: StatsdKind, labels: Labels, names: readonly string[]): StatsdMetric {
    const name = names[0] as string;
    const add = (suffix: string, le = ''): number => {
      const named = withLabel(labels, METRIC_NAME, name + suffix);
      // A gauge may have a tag `le` of its own; an empty value would take it away.
      const own = le === '' ? named : withLabel(named, 'le', le);
      return this.#rounds.add(this.#options.finishLabels(own));
    };
    const bounds = BOUNDS[kind] ?? [];
    const ids: number[] = [];
    if (bounds.length === 0) ids.push(add(''));
    else {
      for (const bound of [...bounds, '+Inf']) ids.push(add('_bucket', String(bound)));
      ids.push(add('_sum'), add('_count'));
    }
    const buckets = new Float64Array(bounds.length + 1);
    return { kind, names, ids, lastSeenMs: 0, value: 0, members: new Set(), bounds, buckets };
  }

  #forget(identity: string, metric: StatsdMetric): void {
    this.#byIdentity.delete(identity);
    for (const [text, other] of this.#byText) if (other === metric) this.#byText.delete(text);
    this.#seriesCount -= metric.ids.length;
    for (const name of metric.names) {
      const known = this.#owners.get(name);
      assert(known !== undefined, `nobody writes under the StatsD name ${name}`);
      if (known.metrics === 1) this.#owners.delete(name);
      else known.metrics--;
    }
  }
}

function kindOf({ type }: StatsdLine): StatsdKind {
  switch (type) {
    case 'c':
      return 'counter';
    case 'g':
      return 'gauge';
    case 's':
      return 'set';
    case 'ms':
      return 'timer';
    case 'h':
    case 'd':
      return 'histogram';
  }
}

/** The names a metric is written under, its own first. */
function namesOf(name: string, kind: StatsdKind): string[] {
  if (BOUNDS[kind] === undefined) return [name];
  return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
}

function addMember(metric: StatsdMetric, member: string): void {
  if (metric.members.size < SET_MEMBERS_MAX) metric.members.add(member);
}

function addValue(
  metric: StatsdMetric,
  event: { readonly line: StatsdLine; readonly index: number; readonly value: number },
): void {
  const { line, index, value } = event;
  if (metric.kind === 'counter') metric.value += value / line.rate;
  else if (metric.kind === 'gauge') {
    const isDelta = /^[+-]/.test(line.values[index] as string);
    metric.value = isDelta ? metric.value + value : value;
  } else {
    const observed = metric.kind === 'timer' ? value / 1000 : value;
    const over = metric.bounds.findIndex((bound) => observed <= bound);
    const bucket = over < 0 ? metric.bounds.length : over;
    metric.buckets[bucket] = (metric.buckets[bucket] as number) + 1 / line.rate;
    metric.value += observed / line.rate;
  }
}

function writeMetric(rounds: SeriesRounds, metric: StatsdMetric): void {
  if (metric.bounds.length > 0) {
    let count = 0;
    metric.buckets.forEach((events, i) => {
      count += events;
      rounds.put(metric.ids[i] as number, count);
    });
    rounds.put(metric.ids.at(-2) as number, metric.value);
    rounds.put(metric.ids.at(-1) as number, count);
    return;
  }
  rounds.put(metric.ids[0] as number, metric.kind === 'set' ? metric.members.size : metric.value);
  metric.members.clear();
}
