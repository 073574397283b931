/**
 * Samples in JSON: `{"metrics":[{"name","type","value","timestamp","tags"}]}` into columns.
 *
 * Each entry is checked by itself; what is wrong is rejected with its index, what is right is
 * kept. The format stands in docs/http-api.md.
 */
import { REJECTIONS_MAX, type Rejection, type SampleColumns } from '@mon/storage/model/appender';
import { checkLabelPairs } from '@mon/storage/model/label-rules';
import { type Labels, METRIC_NAME } from '@mon/storage/model/labels';
import type { MetricMetadata, MetricType } from '@mon/storage/model/metadata';
import { epochMs } from '../api/parameters.ts';

/** Entries that one request may have. */
export const METRICS_MAX = 200_000;

const TYPES: ReadonlySet<string> = new Set<MetricType>([
  'counter',
  'gauge',
  'histogram',
  'summary',
]);

export interface JsonMetrics {
  readonly columns: SampleColumns;
  /** [n] where each sample of the columns stands in the request. */
  readonly indexes: readonly number[];
  readonly metadata: readonly MetricMetadata[];
  readonly rejected: number;
  /** The first ones, at most REJECTIONS_MAX. */
  readonly rejections: readonly Rejection[];
}

/** The body as a whole is not understood. */
export interface JsonMetricsFault {
  readonly fault: string;
}

interface CheckedEntry {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number;
  readonly type: MetricType | undefined;
}

/** Checks a parsed body and turns it into columns; `nowMs` is the time of entries without one. */
export function readJsonMetrics(body: unknown, nowMs: number): JsonMetrics | JsonMetricsFault {
  const metrics = isRecord(body) ? body['metrics'] : undefined;
  if (!Array.isArray(metrics)) {
    return { fault: 'the body must be an object with a list "metrics"' };
  }
  if (metrics.length === 0) return { fault: '"metrics" is empty' };
  if (metrics.length > METRICS_MAX) {
    return { fault: `"metrics" has ${metrics.length} entries, at most ${METRICS_MAX} are taken` };
  }
  const entries: CheckedEntry[] = [];
  const indexes: number[] = [];
  const rejections: Rejection[] = [];
  let rejected = 0;
  for (const [index, metric] of metrics.entries()) {
    const checked = checkEntry(metric, nowMs);
    if ('reason' in checked) {
      rejected++;
      if (rejections.length < REJECTIONS_MAX) rejections.push({ index, ...checked });
    } else {
      entries.push(checked);
      indexes.push(index);
    }
  }
  return {
    columns: columnsOf(entries),
    indexes,
    metadata: metadataOf(entries),
    rejected,
    rejections,
  };
}

function checkEntry(metric: unknown, nowMs: number): CheckedEntry | Omit<Rejection, 'index'> {
  if (!isRecord(metric)) return bad('it is not an object');
  const { name, type, value, timestamp, tags } = metric;
  if (typeof name !== 'string' || name === '') return bad('name must be a text that is not empty');
  if (type !== undefined && !(typeof type === 'string' && TYPES.has(type))) {
    return bad(`type must be one of ${[...TYPES].join(', ')}, not ${shown(type)}`);
  }
  if (typeof value !== 'number') return bad(`value must be a number, not ${shown(value)}`);
  if (!Number.isFinite(value)) return bad('value is beyond what 64 bits hold');
  if (timestamp !== undefined && !(typeof timestamp === 'number' && Number.isFinite(timestamp))) {
    return bad(`timestamp must be a number, not ${shown(timestamp)}`);
  }
  if (tags !== undefined && !isRecord(tags)) return bad('tags must be an object');
  const pairs = [METRIC_NAME, name];
  for (const [tag, text] of Object.entries(tags ?? {})) {
    if (typeof text !== 'string')
      return bad(`tag ${shown(tag)} must be a text, not ${shown(text)}`);
    if (tag === METRIC_NAME) return bad(`tag ${METRIC_NAME} is the metric's name; use "name"`);
    pairs.push(tag, text);
  }
  const check = checkLabelPairs(pairs);
  if (check.kind === 'fault') return check.fault;
  return {
    labels: check.labels,
    timestampMs: timestamp === undefined ? nowMs : epochMs(timestamp),
    value,
    type: type as MetricType | undefined,
  };
}

function columnsOf(entries: readonly CheckedEntry[]): SampleColumns {
  return {
    labels: entries.map((entry) => entry.labels),
    sampleOffsets: Uint32Array.from({ length: entries.length + 1 }, (_, i) => i),
    timestampsMs: Float64Array.from(entries, (entry) => entry.timestampMs),
    values: Float64Array.from(entries, (entry) => entry.value),
  };
}

function metadataOf(entries: readonly CheckedEntry[]): MetricMetadata[] {
  const byMetric = new Map<string, MetricMetadata>();
  for (const { labels, type } of entries) {
    const metric = labels[labels.indexOf(METRIC_NAME) + 1] as string;
    if (type !== undefined) byMetric.set(metric, { metric, type, help: '', unit: '' });
  }
  return [...byMetric.values()];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(reason: string): Omit<Rejection, 'index'> {
  return { code: 'bad-sample', reason };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
