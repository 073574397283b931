/**
 * GET /api/v1/targets/metadata: what targets say of their metrics.
 *
 * mon scrapes in its agents, so that a target here is what series tell: their `job` and `instance`.
 * A target has the metadata of the families that it had samples of in the last five minutes.
 * Source: prometheus.io/docs/prometheus/latest/querying/api/#querying-target-metadata.
 */
import type { Clock } from '@mon/storage/model/clock';
import { type Labels, labelValue, METRIC_NAME } from '@mon/storage/model/labels';
import type { Matcher } from '@mon/storage/model/matcher';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import type { Queryable } from '@mon/storage/model/queryable';
import { metadataOf } from '@mon/storage/protocol/metric-family';
import { limitParameter } from '../api/parameters.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, json, type Route } from '../http/route.ts';
import type { MetadataBook } from '../ingest/metadata-book.ts';
import type { QuerySlots } from './query-slots.ts';
import { parseSelector } from './selector-parameters.ts';

export interface TargetMetadataOptions {
  readonly queryable: Queryable;
  readonly metadata: MetadataBook;
  readonly slots: QuerySlots;
  readonly clock: Clock;
}

/** A target without samples for so long is none. */
const RECENT_MS = 5 * 60_000;
/** Series that are looked at; those beyond are left out, with a warning. */
export const SERIES_LOOKED_AT_MAX = 200_000;

interface TargetMetadata {
  readonly target: Readonly<Record<string, string>>;
  readonly metric?: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export function targetMetadataRoute(options: TargetMetadataOptions): Route {
  return {
    method: 'GET',
    path: '/api/v1/targets/metadata',
    handle: (request) => answer(options, request),
  };
}

async function answer(options: TargetMetadataOptions, request: HttpRequest): Promise<HttpAnswer> {
  const parameters = await request.parameters();
  const limit = limitParameter(parameters);
  const metric = parameters.get('metric') || undefined;
  const matching = parameters.get('match_target') || undefined;
  const matchers = matching === undefined ? [] : parseSelector(matching);
  const { tenant, signal } = request;
  const known = new Map<string, MetricMetadata>();
  for (const entry of await options.metadata.read(tenant, metric)) known.set(entry.metric, entry);
  const found = await options.slots.run(signal, () =>
    options.queryable.series({
      tenant,
      selectors: [metric === undefined ? matchers : [...matchers, familyMatcher(metric)]],
      startMs: options.clock.nowMs() - RECENT_MS,
      endMs: Number.MAX_SAFE_INTEGER,
      limit: SERIES_LOOKED_AT_MAX + 1,
      signal,
    }),
  );
  const all = byTarget(found.slice(0, SERIES_LOOKED_AT_MAX), known, metric !== undefined);
  const data = limit > 0 ? all.slice(0, limit) : all;
  const warnings = [`more than ${SERIES_LOOKED_AT_MAX} series: some targets are left out`];
  const isCut = found.length > SERIES_LOOKED_AT_MAX;
  return json(200, { status: 'success', data, ...(isCut ? { warnings } : {}) });
}

/** Series of a family have its name, or that with a suffix. */
function familyMatcher(metric: string): Matcher {
  const name = metric.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { kind: '=~', name: METRIC_NAME, value: `${name}(_[a-z]+)?` };
}

function byTarget(
  series: readonly Labels[],
  known: ReadonlyMap<string, MetricMetadata>,
  isOneMetric: boolean,
): TargetMetadata[] {
  const found = new Map<string, TargetMetadata>();
  for (const labels of series) {
    const entry = metadataOf(labelValue(labels, METRIC_NAME), known);
    if (entry === undefined) continue;
    const [job, instance] = [labelValue(labels, 'job'), labelValue(labels, 'instance')];
    const key = `${job}\0${instance}\0${entry.metric}`;
    if (found.has(key)) continue;
    const { type, help, unit } = entry;
    const name = isOneMetric ? {} : { metric: entry.metric };
    found.set(key, { target: { instance, job }, ...name, type, help, unit });
  }
  return [...found.keys()].sort().map((key) => found.get(key) as TargetMetadata);
}
