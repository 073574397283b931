/**
 * /api/v1/status/*, /api/v1/targets: what this server is and how it was started.
 */
import { hostname } from 'node:os';
import type { DatabaseStats } from '@mon/storage/database-options';
import type { Quarantine } from '@mon/storage/head/series-guard';
import type { Clock } from '@mon/storage/model/clock';
import { formatDurationMs } from '@mon/storage/model/duration';
import type { Labels } from '@mon/storage/model/labels';
import type { Queryable } from '@mon/storage/model/queryable';
import { redactSettings } from '@mon/storage/settings/redact';
import { limitParameter } from '../api/parameters.ts';
import type { JsonBuildInfo } from '../api/responses.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { formatListenAddress } from '../http/listen-address.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, json, type Route, success } from '../http/route.ts';

export interface StatusRoutesOptions {
  /** The configuration in force, and since when. */
  readonly config: () => { readonly value: ServerConfig; readonly sinceMs: number };
  readonly monVersion: string;
  readonly startedMs: number;
  readonly clock: Clock;
  readonly queryable: Queryable;
  readonly stats: () => DatabaseStats;
  readonly quarantines: () => Promise<readonly Quarantine[]>;
}

/** The Prometheus whose HTTP API is answered; clients choose features by it. */
const API_VERSION = '3.5.0';

/** Statistics by metric walk all series, which is not for databases with more. */
export const STATISTICS_SERIES_MAX = 200_000;

const TOP_DEFAULT = 10;

export function statusRoutes(options: StatusRoutesOptions): Route[] {
  const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle });
  return [
    get('/api/v1/status/buildinfo', () => success(buildInfo(options.monVersion))),
    get('/api/v1/status/runtimeinfo', () => success(runtimeInfo(options))),
    get('/api/v1/status/flags', () => success(flags(options.config().value))),
    get('/api/v1/status/config', () =>
      success({ yaml: redactSettings(options.config().value.source?.text ?? '') }),
    ),
    get('/api/v1/status/tsdb', (request) => statistics(options, request)),
    // mon scrapes in its agents; the server itself has no targets.
    get('/api/v1/targets', () => success({ activeTargets: [], droppedTargets: [] })),
  ];
}

function buildInfo(monVersion: string): JsonBuildInfo {
  return {
    version: API_VERSION,
    revision: `mon-${monVersion}`,
    branch: '',
    buildUser: '',
    buildDate: '',
    goVersion: `none, Node ${process.versions.node}`,
    application: 'mon',
    monVersion,
  };
}

function runtimeInfo({ config, startedMs, clock, stats }: StatusRoutesOptions): unknown {
  const { blocks, headSeries, diskFull, damagedBlocks } = stats();
  const { value, sinceMs } = config();
  const { retentionMs, dataDir, shards } = value;
  return {
    startTime: new Date(startedMs).toISOString(),
    CWD: process.cwd(),
    hostname: hostname(),
    serverTime: new Date(clock.nowMs()).toISOString(),
    reloadConfigSuccess: true,
    lastConfigTime: new Date(sinceMs).toISOString(),
    storageRetention: retentionMs === undefined ? 'off' : formatDurationMs(retentionMs),
    dataDir,
    shards,
    headSeries,
    blocks: blocks.length,
    damagedBlocks,
    diskFull,
  };
}

function flags(config: ServerConfig): Record<string, string> {
  return {
    listen: formatListenAddress(config.listen),
    'data-dir': config.dataDir,
    retention: config.retentionMs === undefined ? 'off' : formatDurationMs(config.retentionMs),
    shards: String(config.shards),
    'insecure-no-auth': String(config.insecureNoAuth),
    config: config.source?.file ?? '',
  };
}

async function statistics(options: StatusRoutesOptions, request: HttpRequest): Promise<HttpAnswer> {
  const top = limitParameter(await request.parameters()) || TOP_DEFAULT;
  const { headSeries, headMinTimeMs, headMaxTimeMs, blocks, walBytes } = options.stats();
  const found = await options.queryable.series({
    tenant: request.tenant,
    selectors: [],
    startMs: headMinTimeMs ?? 0,
    endMs: headMaxTimeMs ?? 0,
    limit: STATISTICS_SERIES_MAX + 1,
    signal: request.signal,
  });
  const isTooMany = found.length > STATISTICS_SERIES_MAX;
  const counts = countLabels(isTooMany ? [] : found);
  const data = {
    headStats: {
      numSeries: headSeries,
      numLabelPairs: counts.pairs.size,
      minTime: headMinTimeMs ?? 0,
      maxTime: headMaxTimeMs ?? 0,
    },
    seriesCountByMetricName: largest(counts.metrics, top),
    labelValueCountByLabelName: largest(counts.values, top),
    memoryInBytesByLabelName: largest(counts.bytes, top),
    seriesCountByLabelValuePair: largest(counts.pairs, top),
    blocks: blocks.length,
    walBytes,
    quarantined: await options.quarantines(),
  };
  const why = `more than ${STATISTICS_SERIES_MAX} series: counts by label are left out`;
  return json(200, { status: 'success', data, ...(isTooMany ? { warnings: [why] } : {}) });
}

interface LabelCounts {
  readonly metrics: Map<string, number>;
  readonly pairs: Map<string, number>;
  readonly values: Map<string, number>;
  readonly bytes: Map<string, number>;
}

function countLabels(found: readonly Labels[]): LabelCounts {
  const [metrics, pairs, values, bytes] = [new Map(), new Map(), new Map(), new Map()];
  const add = (map: Map<string, number>, key: string, by: number): void => {
    map.set(key, (map.get(key) ?? 0) + by);
  };
  for (const labels of found) {
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i] as string;
      const value = labels[i + 1] as string;
      const pair = `${name}=${value}`;
      if (!pairs.has(pair)) {
        add(values, name, 1);
        add(bytes, name, Buffer.byteLength(value));
      }
      add(pairs, pair, 1);
      if (name === '__name__') add(metrics, value, 1);
    }
  }
  return { metrics, pairs, values, bytes };
}

function largest(counts: ReadonlyMap<string, number>, top: number) {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(([name, value]) => ({ name, value }));
}
