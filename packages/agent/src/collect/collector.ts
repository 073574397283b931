/**
 * A collector: one source of host metrics. It reads files of the kernel and writes samples of
 * metric families that it declares once, with node_exporter's names, types and labels.
 */
import type { MetricType } from '@mon/storage/model/metadata';

export interface MetricFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface SampleWriter {
  /** One sample; `labelValues` in the order of the family's labels. */
  write(family: MetricFamily, value: number, labelValues?: readonly string[]): void;
}

/** Thrown where this host has nothing for the collector: not successful, but nothing to log. */
export class NothingToCollect extends Error {}

export interface Collector {
  /** As in node_exporter: `cpu`, `meminfo`. */
  readonly name: string;
  /** @throws anything: the collector has then failed, the others go on */
  collect(out: SampleWriter): void | Promise<void>;
}
