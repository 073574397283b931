/**
 * Which metadata to send: what is new or has changed since it was sent last, and everything once
 * in a while, since a server may have lost it.
 */
import type { MetricMetadata } from '@mon/storage/model/metadata';

export const METADATA_REPEAT_MS = 60 * 60_000;
/** Metrics remembered; more than these are sent no metadata for. */
export const METADATA_METRICS_MAX = 100_000;

export class MetadataOutbox {
  readonly #sent = new Map<string, MetricMetadata>();
  #repeatedMs = Number.NEGATIVE_INFINITY;

  /** Of all that is known now, what is to be sent now; it counts as sent. */
  due(known: Iterable<MetricMetadata>, nowMs: number): MetricMetadata[] {
    if (nowMs - this.#repeatedMs >= METADATA_REPEAT_MS) {
      this.#sent.clear();
      this.#repeatedMs = nowMs;
    }
    const entries = [...known];
    // Where two targets disagree, what was sent stands while one of them still says it, and else
    // the first one counts, so that it is not sent to and fro.
    const standing = new Set<string>();
    for (const entry of entries) {
      const sent = this.#sent.get(entry.metric);
      if (sent !== undefined && isSame(sent, entry)) standing.add(entry.metric);
    }
    const due = new Map<string, MetricMetadata>();
    for (const entry of entries) {
      const sent = this.#sent.get(entry.metric);
      if (standing.has(entry.metric) || due.has(entry.metric)) continue;
      if (sent === undefined && this.#sent.size >= METADATA_METRICS_MAX) continue;
      this.#sent.set(entry.metric, entry);
      due.set(entry.metric, entry);
    }
    return [...due.values()];
  }
}

function isSame(a: MetricMetadata, b: MetricMetadata): boolean {
  return a.type === b.type && a.help === b.help && a.unit === b.unit;
}
