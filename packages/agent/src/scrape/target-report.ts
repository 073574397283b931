/**
 * The series that every round of every target writes about itself, named as in Prometheus.
 */
import { type Labels, METRIC_NAME, withLabel } from '@mon/storage/model/labels';

export interface RoundReport {
  readonly isUp: boolean;
  readonly durationSeconds: number;
  readonly samplesScraped: number;
  readonly samplesKept: number;
  readonly seriesAdded: number;
}

export class TargetReport {
  /** `up` first; the order of `values`. */
  readonly series: readonly Labels[];

  /** @param labels of the target, without a metric name */
  constructor(labels: Labels) {
    this.series = [
      'up',
      'scrape_duration_seconds',
      'scrape_samples_scraped',
      'scrape_samples_post_metric_relabeling',
      'scrape_series_added',
    ].map((name) => withLabel(labels, METRIC_NAME, name));
  }

  /** The report as (series, value) pairs. */
  samples(report: RoundReport): (readonly [Labels, number])[] {
    const values = [
      report.isUp ? 1 : 0,
      report.durationSeconds,
      report.samplesScraped,
      report.samplesKept,
      report.seriesAdded,
    ];
    return this.series.map((labels, i) => [labels, values[i] as number]);
  }
}
