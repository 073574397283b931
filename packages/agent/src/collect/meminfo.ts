/**
 * Collector `meminfo`: every field of /proc/meminfo.
 */
import type { HostFiles } from '../procfs/host-files.ts';
import { parseMeminfo } from '../procfs/meminfo.ts';
import type { Collector, MetricFamily } from './collector.ts';

export function meminfoCollector(files: HostFiles): Collector {
  const families = new Map<string, MetricFamily>();
  return {
    name: 'meminfo',
    collect(out) {
      const { names, values } = parseMeminfo(files.text('/proc/meminfo'));
      names.forEach((name, i) => {
        let family = families.get(name);
        if (family === undefined) {
          family = meminfoFamily(name);
          families.set(name, family);
        }
        out.write(family, values[i] as number);
      });
    },
  };
}

function meminfoFamily(name: string): MetricFamily {
  return {
    name: `node_memory_${name}`,
    // A field such as `Foo_total` would be a counter; node_exporter tells them by that ending.
    type: name.endsWith('_total') ? 'counter' : 'gauge',
    help: `The field of /proc/meminfo that node_exporter calls ${name}.`,
    labels: [],
  };
}
