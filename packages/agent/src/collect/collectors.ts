/**
 * Every collector by name, all on unless the configuration switches one off.
 */
import type { Clock } from '@mon/storage/model/clock';
import type { HostFiles } from '../procfs/host-files.ts';
import type { Collector } from './collector.ts';
import { cpuCollector } from './cpu.ts';
import { diskstatsCollector } from './diskstats.ts';
import { filefdCollector } from './filefd.ts';
import { filesystemCollector, type Statfs } from './filesystem.ts';
import { loadavgCollector } from './loadavg.ts';
import { meminfoCollector } from './meminfo.ts';
import { netdevCollector } from './netdev.ts';
import { osCollector } from './os.ts';
import { pressureCollector } from './pressure.ts';
import { statCollector } from './stat.ts';
import { timeCollector } from './time.ts';
import { unameCollector } from './uname.ts';

/** The host as collectors see it. */
export interface Host {
  readonly files: HostFiles;
  readonly clock: Clock;
  readonly statfs: Statfs;
}

const COLLECTORS = {
  cpu: ({ files }) => cpuCollector(files),
  diskstats: ({ files }) => diskstatsCollector(files),
  filefd: ({ files }) => filefdCollector(files),
  filesystem: ({ files, clock, statfs }) => filesystemCollector(files, clock, statfs),
  loadavg: ({ files }) => loadavgCollector(files),
  meminfo: ({ files }) => meminfoCollector(files),
  netdev: ({ files }) => netdevCollector(files),
  os: ({ files }) => osCollector(files),
  pressure: ({ files }) => pressureCollector(files),
  stat: ({ files }) => statCollector(files),
  time: ({ files, clock }) => timeCollector(files, clock),
  uname: ({ files }) => unameCollector(files),
} satisfies Record<string, (host: Host) => Collector>;

export type CollectorName = keyof typeof COLLECTORS;

export const COLLECTOR_NAMES = Object.keys(COLLECTORS) as CollectorName[];

export function openCollector(name: CollectorName, host: Host): Collector {
  return COLLECTORS[name](host);
}
