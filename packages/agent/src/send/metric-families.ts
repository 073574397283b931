/**
 * What a sender has heard of metrics, for remote write 2.0, where every series says it again.
 */
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { METADATA_METRICS_MAX } from './metadata-outbox.ts';

export class MetricFamilies {
  readonly #known = new Map<string, MetricMetadata>();

  get known(): ReadonlyMap<string, MetricMetadata> {
    return this.#known;
  }

  /** The latest word on a metric counts; over the bound new metrics are not learnt. */
  learn(entries: readonly MetricMetadata[]): void {
    for (const entry of entries) {
      const isNew = !this.#known.has(entry.metric);
      if (!isNew || this.#known.size < METADATA_METRICS_MAX) this.#known.set(entry.metric, entry);
    }
  }
}
