/**
 * Collector `pressure`: time lost waiting for CPU, memory, disks and interrupts (PSI).
 */
import type { HostFiles } from '../procfs/host-files.ts';
import { parsePressure } from '../procfs/pressure.ts';
import { type Collector, type MetricFamily, NothingToCollect } from './collector.ts';

interface PressureSource {
  readonly file: string;
  readonly some?: MetricFamily;
  readonly full?: MetricFamily;
}

const SOURCES: readonly PressureSource[] = [
  { file: 'cpu', some: family('cpu_waiting', 'some task waited for a CPU') },
  {
    file: 'io',
    some: family('io_waiting', 'some task waited for a disk'),
    full: family('io_stalled', 'every task waited for a disk'),
  },
  {
    file: 'memory',
    some: family('memory_waiting', 'some task waited for memory'),
    full: family('memory_stalled', 'every task waited for memory'),
  },
  { file: 'irq', full: family('irq_stalled', 'every task waited for interrupts') },
];

function family(stem: string, meaning: string): MetricFamily {
  const name = `node_pressure_${stem}_seconds_total`;
  return { name, type: 'counter', help: `Seconds in which ${meaning}.`, labels: [] };
}

export function pressureCollector(files: HostFiles): Collector {
  return {
    name: 'pressure',
    collect(out) {
      let found = 0;
      for (const { file, some, full } of SOURCES) {
        const text = files.textIfAny(`/proc/pressure/${file}`);
        if (text === undefined) continue;
        found++;
        const { someMicros, fullMicros } = parsePressure(text);
        if (some !== undefined && someMicros !== undefined) out.write(some, someMicros / 1e6);
        if (full !== undefined && fullMicros !== undefined) out.write(full, fullMicros / 1e6);
      }
      if (found === 0) throw new NothingToCollect('the kernel keeps no pressure information');
    },
  };
}
