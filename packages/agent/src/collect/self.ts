/**
 * Metrics of the agent about itself, `mon_agent_*`, and of its process. Each is in docs/agent.md,
 * "What the agent says of itself".
 */
import type { Collector, MetricFamily } from './collector.ts';
import type { Counters } from './counters.ts';

function counter(name: string, help: string, labels: readonly string[] = []): MetricFamily {
  return { name: `mon_agent_${name}`, type: 'counter', help, labels };
}

function gauge(name: string, help: string, labels: readonly string[] = []): MetricFamily {
  return { name: `mon_agent_${name}`, type: 'gauge', help, labels };
}

/** What is counted where it happens. */
export const SELF_COUNTERS = {
  samples: counter('samples_total', 'Samples put into the spool, by where they come from.', [
    'source',
  ]),
  scrapes: counter('scrapes_total', 'Scrapes, by what became of them.', ['outcome']),
  duplicates: counter(
    'scrape_duplicate_samples_total',
    'Samples left out since their series stood twice in one exposition.',
  ),
  requests: counter('send_requests_total', 'Requests to a remote, by what became of them.', [
    'remote',
    'outcome',
  ]),
  sent: counter('send_samples_total', 'Samples that a remote took.', ['remote']),
  sentBytes: counter('send_bytes_total', 'Bytes of bodies sent to a remote, repeats included.', [
    'remote',
    'protocol',
  ]),
  lost: counter('dropped_samples_total', 'Samples that a remote will never get, and why.', [
    'remote',
    'reason',
  ]),
  damage: counter('spool_damaged_bytes_total', 'Bytes of the spool that could not be read.'),
} as const;

const BUILD_INFO = gauge('build_info', 'Always 1; the version of the agent.', ['version']);
const SPOOL_BYTES = gauge('spool_bytes', 'Size of the spool on disk.');
const SPOOL_BYTES_MAX = gauge('spool_bytes_max', 'Bound of the spool.');
const LAG = gauge('send_lag_seconds', 'Age of the oldest batch a remote has not taken.', [
  'remote',
]);
const TARGETS = gauge('targets', 'Targets, by how their latest scrape went.', ['health']);
const DROPPED_TARGETS = gauge('dropped_targets', 'Targets that relabeling dropped.');
const BROKEN_FILES = gauge('broken_target_files', 'Target files that cannot be read now.');
const STATSD_PACKETS = counter('statsd_packets_total', 'StatsD packets received.');
const STATSD_LINES = counter('statsd_lines_total', 'StatsD lines received.');
const STATSD_FAULTS = counter('statsd_malformed_lines_total', 'StatsD lines not taken, and why.', [
  'reason',
]);
const STATSD_SERIES = gauge('statsd_series', 'Series made from StatsD.');

const CPU: MetricFamily = {
  name: 'process_cpu_seconds_total',
  type: 'counter',
  help: 'CPU time of the process.',
  labels: [],
};
const RESIDENT: MetricFamily = {
  name: 'process_resident_memory_bytes',
  type: 'gauge',
  help: 'Resident memory of the process.',
  labels: [],
};
const START: MetricFamily = {
  name: 'process_start_time_seconds',
  type: 'gauge',
  help: 'When the process started, Unix time.',
  labels: [],
};

/** The state that is read off at each round. */
export interface SelfReading {
  readonly version: string;
  readonly startMs: number;
  readonly spoolBytes: number;
  readonly spoolBytesMax: number;
  readonly lagSeconds: readonly (readonly [remote: string, seconds: number])[];
  readonly targets: Readonly<Record<'up' | 'down' | 'unknown', number>>;
  readonly droppedTargets: number;
  readonly brokenFiles: number;
  readonly statsd:
    | {
        readonly packets: number;
        readonly lines: number;
        readonly faults: ReadonlyMap<string, number>;
        readonly seriesCount: number;
      }
    | undefined;
}

export function selfCollector(counters: Counters, read: () => SelfReading): Collector {
  return {
    name: 'self',
    collect(out) {
      const reading = read();
      counters.write(out);
      out.write(BUILD_INFO, 1, [reading.version]);
      out.write(SPOOL_BYTES, reading.spoolBytes);
      out.write(SPOOL_BYTES_MAX, reading.spoolBytesMax);
      for (const [remote, seconds] of reading.lagSeconds) out.write(LAG, seconds, [remote]);
      for (const [health, count] of Object.entries(reading.targets))
        out.write(TARGETS, count, [health]);
      out.write(DROPPED_TARGETS, reading.droppedTargets);
      out.write(BROKEN_FILES, reading.brokenFiles);
      if (reading.statsd !== undefined) {
        out.write(STATSD_PACKETS, reading.statsd.packets);
        out.write(STATSD_LINES, reading.statsd.lines);
        out.write(STATSD_SERIES, reading.statsd.seriesCount);
        for (const [reason, count] of reading.statsd.faults)
          out.write(STATSD_FAULTS, count, [reason]);
      }
      const { user, system } = process.cpuUsage();
      out.write(CPU, (user + system) / 1e6);
      out.write(RESIDENT, process.memoryUsage.rss());
      out.write(START, reading.startMs / 1000);
    },
  };
}
