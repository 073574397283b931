/**
 * What `mon status` knows of a server, gathered from its status endpoints and its /metrics.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '@mon/server/api/client';
import type { JsonJob } from '@mon/server/api/responses';
import type { Clock } from '@mon/storage/model/clock';
import type { Fact } from './print/facts.ts';
import { formatAge, formatBytes, formatSi } from './print/number.ts';

/** The part of /api/v1/status/runtimeinfo that is shown. */
interface RuntimeInfo {
  readonly startTime: string;
  readonly serverTime: string;
  readonly hostname: string;
  readonly dataDir: string;
  readonly storageRetention: string;
  readonly shards: number;
}

interface AlertsAnswer {
  readonly alerts: readonly { readonly state: string }[];
}

/** Time between the two readings that make the rate. */
const RATE_WINDOW_MS = 1000;

/** @throws MonError as the client does */
export async function serverFacts(client: ApiClient, clock: Clock): Promise<Fact[]> {
  const before = await readCounters(client, clock);
  const [build, runtime, jobs, alerts] = await Promise.all([
    client.buildInfo(),
    client.ask<RuntimeInfo>({ method: 'GET', path: '/api/v1/status/runtimeinfo' }),
    client.jobs(),
    client.ask<AlertsAnswer>({ method: 'GET', path: '/api/v1/alerts' }),
  ]);
  // Not the clock's timer: that one does not keep the process alive.
  await delay(RATE_WINDOW_MS);
  const after = await readCounters(client, clock);
  const uptime = (Date.parse(runtime.serverTime) - Date.parse(runtime.startTime)) / 1000;
  const states = (wanted: string) => alerts.alerts.filter(({ state }) => state === wanted).length;
  return [
    { key: 'server', value: client.server },
    { key: 'version', value: build.monVersion },
    { key: 'host', value: runtime.hostname },
    { key: 'uptime_seconds', label: 'uptime', value: uptime, text: formatAge(uptime) },
    { key: 'data_dir', value: runtime.dataDir },
    { key: 'retention', value: runtime.storageRetention },
    { key: 'shards', value: runtime.shards },
    ...storageFacts({ before, after, uptime }),
    { key: 'alerts_firing', value: states('firing') },
    { key: 'alerts_pending', value: states('pending') },
    ...jobs.flatMap((job) => jobFacts(job, Date.parse(runtime.serverTime))),
  ];
}

/** The figures of one /metrics page, and when it was read. */
interface Reading {
  readonly atMs: number;
  readonly metric: (name: string) => number;
}

async function readCounters(client: ApiClient, clock: Clock): Promise<Reading> {
  const page = await client.text({ method: 'GET', path: '/metrics' });
  const values = new Map(
    page.split('\n').flatMap((line) => {
      const match = /^(mon_storage_\w+) (\S+)/.exec(line);
      return match === null ? [] : [[match[1] as string, Number(match[2])] as const];
    }),
  );
  const metric = (name: string) => values.get(`mon_storage_${name}`) ?? 0;
  return { atMs: clock.nowMs(), metric };
}

interface Readings {
  readonly before: Reading;
  readonly after: Reading;
  readonly uptime: number;
}

function storageFacts({ before, after, uptime }: Readings): Fact[] {
  const { metric } = after;
  const appended = metric('samples_appended_total');
  const seconds = (after.atMs - before.atMs) / 1000;
  const rate = (appended - before.metric('samples_appended_total')) / seconds;
  const average = uptime > 0 ? appended / uptime : 0;
  const blockBytes = metric('block_bytes');
  const walBytes = metric('wal_bytes');
  return [
    { key: 'head_series', value: metric('head_series') },
    { key: 'samples_per_second', value: rate, text: formatSi(rate) },
    { key: 'samples_per_second_average', value: average, text: formatSi(average) },
    { key: 'samples_rejected', value: metric('samples_rejected_total') },
    { key: 'blocks', value: metric('blocks') },
    { key: 'blocks_damaged', value: metric('damaged_blocks') },
    { key: 'block_bytes', value: blockBytes, text: formatBytes(blockBytes) },
    { key: 'memory_bytes', value: metric('memory_bytes'), text: memoryText(metric) },
    { key: 'quarantines', value: metric('quarantines') },
    { key: 'series_refused', value: metric('series_refused_total') },
    { key: 'wal_bytes', value: walBytes, text: formatBytes(walBytes) },
    { key: 'disk_full', value: metric('disk_full') === 1 },
  ];
}

function memoryText(metric: Reading['metric']): string {
  const held = formatBytes(metric('memory_bytes'));
  const short = ['', ', short: see api/v1/status/quarantine', ', used up: no new series'];
  return `${held} of ${formatBytes(metric('memory_budget_bytes'))}${short[metric('memory_pressure')] ?? ''}`;
}

function jobFacts({ job, schedule, running, nextRun, lastRun }: JsonJob, nowMs: number): Fact[] {
  const secondsTo = (iso: string) => Math.abs(Date.parse(iso) - nowMs) / 1000;
  const error = lastRun === null || lastRun.error === null ? '' : `: ${lastRun.error}`;
  const last = lastRun === null ? 'not run yet' : `${lastRun.outcome} ${lastRun.startedAt}${error}`;
  const next = nextRun === null ? '' : `, next ${nextRun}`;
  const age = lastRun === null ? '' : formatAge(secondsTo(lastRun.startedAt));
  const lastText = lastRun === null ? last : `${lastRun.outcome} ${age} ago${error}`;
  const nextText = nextRun === null ? '' : `, next in ${formatAge(secondsTo(nextRun))}`;
  return [
    {
      key: `job_${job}`,
      value: `${running ? 'running now' : last}; schedule ${schedule}${next}`,
      text: `${running ? 'running now' : lastText}${nextText} (schedule ${schedule})`,
    },
  ];
}
