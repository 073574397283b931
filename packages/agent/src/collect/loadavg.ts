/**
 * Collector `loadavg`: the load averages.
 */
import type { HostFiles } from '../procfs/host-files.ts';
import { parseLoadavg } from '../procfs/loadavg.ts';
import type { Collector, MetricFamily } from './collector.ts';

const LOADS: readonly MetricFamily[] = [1, 5, 15].map((minutes) => ({
  name: `node_load${minutes}`,
  type: 'gauge',
  help: `Tasks that run or wait, on average over ${minutes} min.`,
  labels: [],
}));

export function loadavgCollector(files: HostFiles): Collector {
  return {
    name: 'loadavg',
    collect(out) {
      const loads = parseLoadavg(files.text('/proc/loadavg'));
      LOADS.forEach((family, i) => {
        out.write(family, loads[i] as number);
      });
    },
  };
}
