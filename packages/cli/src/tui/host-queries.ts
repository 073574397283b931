/**
 * The PromQL behind `mon top`, and its answers as rows.
 *
 * Hosts are told apart by `instance`, as node_exporter's series have it, so that hosts watched by
 * mon's agent and by a Prometheus show alike.
 */
import type { JsonVectorEntry } from '@mon/server/api/responses';
import { formatDurationMs } from '@mon/storage/model/duration';
import { parseValue } from '../print/query-graph.ts';

/** One host as the newest samples have it; undefined where it sends no such series. */
export interface HostRow {
  readonly host: string;
  readonly cpuPercent: number | undefined;
  readonly cores: number | undefined;
  readonly memoryPercent: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly load: number | undefined;
  readonly diskReadBytes: number | undefined;
  readonly diskWriteBytes: number | undefined;
  /** Of the fullest filesystem. */
  readonly filesystemPercent: number | undefined;
  readonly mountpoint: string | undefined;
  readonly receiveBytes: number | undefined;
  readonly transmitBytes: number | undefined;
  readonly bootSeconds: number | undefined;
  /** Time of the newest sample, seconds since the epoch. */
  readonly seenSeconds: number | undefined;
}

export type HostFigure = Exclude<keyof HostRow, 'host' | 'mountpoint'>;

/** A partition's bytes are also its disk's, a device mapper's also its parts'. */
const DISKS = 'device!~"dm-.*|md.*|loop.*|ram.*|sr.*"';
const LINKS = 'device!~"lo|veth.*|docker.*|br-.*|cni.*|flannel.*|cali.*|virbr.*"';
const FILESYSTEMS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*|nsfs"';

/** How a rate over the newest samples is asked; `selector` carries its own braces. */
const live = (selector: string): string => `irate(${selector}[5m])`;

/** One instant query a figure; each answer has one sample a host. */
export const HOST_QUERIES: Readonly<Record<HostFigure, string>> = {
  cpuPercent: cpuPercent('', live),
  cores: 'count by (instance) (node_cpu_seconds_total{mode="idle"})',
  memoryPercent: `max by (instance) (${memoryPercent('')})`,
  memoryBytes: 'max by (instance) (node_memory_MemTotal_bytes)',
  load: 'max by (instance) (node_load1)',
  diskReadBytes: `sum by (instance) (${live(`node_disk_read_bytes_total{${DISKS}}`)})`,
  diskWriteBytes: `sum by (instance) (${live(`node_disk_written_bytes_total{${DISKS}}`)})`,
  filesystemPercent: `topk by (instance) (1, ${filesystemPercent('')})`,
  receiveBytes: `sum by (instance) (${live(`node_network_receive_bytes_total{${LINKS}}`)})`,
  transmitBytes: `sum by (instance) (${live(`node_network_transmit_bytes_total{${LINKS}}`)})`,
  bootSeconds: 'max by (instance) (node_boot_time_seconds)',
  seenSeconds: 'max by (instance) (timestamp(node_load1))',
};

function cpuPercent(braces: string, rate: (selector: string) => string): string {
  const idle = rate(`node_cpu_seconds_total{mode=~"idle|iowait"${braces}}`);
  return `100 * (1 - avg by (instance) (sum without (mode) (${idle})))`;
}

function memoryPercent(braces: string): string {
  return `100 * (1 - node_memory_MemAvailable_bytes${braces} / node_memory_MemTotal_bytes${braces})`;
}

function filesystemPercent(braces: string): string {
  const selector = `{${FILESYSTEMS}${braces}}`;
  return `100 * (1 - node_filesystem_avail_bytes${selector} / node_filesystem_size_bytes${selector})`;
}

/** Answers to `HOST_QUERIES` as rows, by host name. */
export function hostRows(
  answers: Readonly<Record<HostFigure, readonly JsonVectorEntry[]>>,
): HostRow[] {
  const drafts = new Map<string, HostDraft>();
  for (const figure of Object.keys(answers) as HostFigure[]) {
    for (const { metric, value } of answers[figure]) {
      const host = metric['instance'] ?? '';
      const draft = drafts.get(host) ?? emptyDraft(host);
      draft[figure] = parseValue(value[1]);
      if (figure === 'filesystemPercent') draft.mountpoint = metric['mountpoint'];
      drafts.set(host, draft);
    }
  }
  return [...drafts.values()].sort((a, b) => compareHosts(a.host, b.host));
}

type HostDraft = { -readonly [Key in keyof HostRow]: HostRow[Key] };

function emptyDraft(host: string): HostDraft {
  return {
    host,
    cpuPercent: undefined,
    cores: undefined,
    memoryPercent: undefined,
    memoryBytes: undefined,
    load: undefined,
    diskReadBytes: undefined,
    diskWriteBytes: undefined,
    filesystemPercent: undefined,
    mountpoint: undefined,
    receiveBytes: undefined,
    transmitBytes: undefined,
    bootSeconds: undefined,
    seenSeconds: undefined,
  };
}

const collator = new Intl.Collator('en', { numeric: true });

/** `web-2` before `web-10`. */
export function compareHosts(a: string, b: string): number {
  return collator.compare(a, b);
}

/** The four charts of one host. */
export type HostGraph = 'cpu' | 'memory' | 'network' | 'disk';

/** A line of a chart: its name and its query. */
export interface GraphQuery {
  readonly graph: HostGraph;
  readonly name: string;
  readonly query: string;
}

/** Steps longer than this would let `irate` skip most samples between them. */
const LIVE_STEP_MAX_MS = 60_000;

export function graphQueries(host: string, stepMs: number): GraphQuery[] {
  const own = `instance=${JSON.stringify(host)}`;
  const rate =
    stepMs <= LIVE_STEP_MAX_MS
      ? live
      : (selector: string) => `rate(${selector}[${formatDurationMs(Math.max(300_000, stepMs))}])`;
  const total = (name: string, matchers: string) => `sum(${rate(`${name}{${own},${matchers}}`)})`;
  return [
    { graph: 'cpu', name: 'used', query: cpuPercent(`,${own}`, rate) },
    { graph: 'memory', name: 'used', query: `max(${memoryPercent(`{${own}}`)})` },
    { graph: 'network', name: 'in', query: total('node_network_receive_bytes_total', LINKS) },
    { graph: 'network', name: 'out', query: total('node_network_transmit_bytes_total', LINKS) },
    { graph: 'disk', name: 'read', query: total('node_disk_read_bytes_total', DISKS) },
    { graph: 'disk', name: 'write', query: total('node_disk_written_bytes_total', DISKS) },
  ];
}
