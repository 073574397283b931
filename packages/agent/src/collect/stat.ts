/**
 * Collector `stat`: counters of the kernel as a whole.
 */
import type { HostFiles } from '../procfs/host-files.ts';
import { type KernelStat, parseStat } from '../procfs/stat.ts';
import type { Collector, MetricFamily } from './collector.ts';

const FAMILIES: readonly (readonly [keyof KernelStat, MetricFamily])[] = [
  ['interrupts', family('node_intr_total', 'counter', 'Interrupts served since boot.')],
  ['contextSwitches', family('node_context_switches_total', 'counter', 'Context switches.')],
  ['forks', family('node_forks_total', 'counter', 'Processes and threads made since boot.')],
  [
    'bootTimeSeconds',
    family('node_boot_time_seconds', 'gauge', 'When the host booted, Unix time.'),
  ],
  ['procsRunning', family('node_procs_running', 'gauge', 'Tasks that run or are ready to.')],
  ['procsBlocked', family('node_procs_blocked', 'gauge', 'Tasks that wait for a disk.')],
];

function family(name: string, type: MetricFamily['type'], help: string): MetricFamily {
  return { name, type, help, labels: [] };
}

export function statCollector(files: HostFiles): Collector {
  return {
    name: 'stat',
    collect(out) {
      const stat = parseStat(files.text('/proc/stat'));
      for (const [key, metric] of FAMILIES) {
        const value = stat[key];
        if (typeof value === 'number') out.write(metric, value);
      }
    },
  };
}
