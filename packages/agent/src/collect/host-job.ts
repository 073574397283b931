/**
 * Collectors as a target: runs them as one round and gives the samples as columns, with the labels
 * and report series that scraping an exporter would give. The host is one such job, the agent's
 * own metrics are another.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import { reasonOf } from '@mon/storage/model/error';
import { type Labels, labelsFromPairs, METRIC_NAME } from '@mon/storage/model/labels';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { SeriesRounds } from '../scrape/series-rounds.ts';
import { TargetReport } from '../scrape/target-report.ts';
import {
  type Collector,
  type MetricFamily,
  NothingToCollect,
  type SampleWriter,
} from './collector.ts';

const DURATION: MetricFamily = {
  name: 'node_scrape_collector_duration_seconds',
  type: 'gauge',
  help: 'How long a collector took.',
  labels: ['collector'],
};
const SUCCESS: MetricFamily = {
  name: 'node_scrape_collector_success',
  type: 'gauge',
  help: 'Whether a collector gave what it is there for.',
  labels: ['collector'],
};

export interface HostJobOptions {
  readonly collectors: readonly Collector[];
  /** Of the target: `job`, `instance` and what else its series carry. */
  readonly labels: Labels;
  /** Last touch to each series' labels (external labels). */
  readonly finishLabels: (labels: Labels) => Labels;
  /** Whether each collector's duration and success are written, as node_exporter does. */
  readonly reportsCollectors: boolean;
  /** Seconds from any start, for durations. */
  readonly elapsedSeconds: () => number;
  /** A collector failed; told once until it succeeds again. */
  readonly onFailure: (collector: string, reason: string) => void;
}

export class HostJob {
  readonly #options: HostJobOptions;
  readonly #rounds = new SeriesRounds();
  readonly #report: TargetReport;
  /** Series ids by metric name and label values, and back. */
  readonly #ids = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #families = new Map<string, MetricFamily>();
  readonly #failing = new Set<string>();

  constructor(options: HostJobOptions) {
    this.#options = options;
    this.#report = new TargetReport(options.finishLabels(options.labels));
  }

  /** Runs every collector once. Never rejects: a collector that fails is reported as such. */
  async collect(timestampMs: number): Promise<SampleColumns> {
    const { collectors, elapsedSeconds } = this.#options;
    const startSeconds = elapsedSeconds();
    this.#rounds.begin(timestampMs);
    const out: SampleWriter = {
      write: (family, value, labelValues = []) => this.#write(family, value, labelValues),
    };
    await Promise.all(collectors.map((collector) => this.#run(collector, out)));
    const { scraped, kept, added } = this.#rounds;
    const samples = this.#report.samples({
      isUp: true,
      durationSeconds: elapsedSeconds() - startSeconds,
      samplesScraped: scraped,
      samplesKept: kept,
      seriesAdded: added,
    });
    for (const [labels, value] of samples) this.#rounds.report(labels, value);
    const { columns, freed } = this.#rounds.finish();
    for (const id of freed) this.#ids.delete(this.#keys[id] as string);
    return columns;
  }

  /** Collectors whose latest round failed. */
  get failing(): readonly string[] {
    return [...this.#failing];
  }

  /** Staleness markers for all that the host gave last. */
  end(timestampMs: number): SampleColumns {
    return this.#rounds.end(timestampMs, this.#report.series);
  }

  /** What is known of the metrics collected so far. */
  metadata(): MetricMetadata[] {
    return [...this.#families.values()].map(({ name, type, help }) => {
      return { metric: name, type, help, unit: '' };
    });
  }

  async #run(collector: Collector, out: SampleWriter): Promise<void> {
    const { elapsedSeconds, onFailure } = this.#options;
    const startSeconds = elapsedSeconds();
    let isSuccessful = true;
    try {
      await collector.collect(out);
      this.#failing.delete(collector.name);
    } catch (thrown) {
      isSuccessful = false;
      if (!(thrown instanceof NothingToCollect) && !this.#failing.has(collector.name)) {
        this.#failing.add(collector.name);
        onFailure(collector.name, reasonOf(thrown));
      }
    }
    if (!this.#options.reportsCollectors) return;
    out.write(DURATION, elapsedSeconds() - startSeconds, [collector.name]);
    out.write(SUCCESS, isSuccessful ? 1 : 0, [collector.name]);
  }

  #write(family: MetricFamily, value: number, labelValues: readonly string[]): void {
    const key = `${family.name}\u0000${labelValues.join('\u0000')}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      this.#families.set(family.name, family);
      id = this.#rounds.add(this.#labels(family, labelValues));
      this.#ids.set(key, id);
      this.#keys[id] = key;
    }
    this.#rounds.put(id, value);
  }

  #labels(family: MetricFamily, labelValues: readonly string[]): Labels {
    const pairs: [string, string][] = [[METRIC_NAME, family.name]];
    family.labels.forEach((name, i) => {
      pairs.push([name, labelValues[i] ?? '']);
    });
    const { labels: own } = this.#options;
    for (let i = 0; i < own.length; i += 2) pairs.push([own[i] as string, own[i + 1] as string]);
    return this.#options.finishLabels(labelsFromPairs(pairs));
  }
}
