/**
 * Collector `cpu`: seconds per CPU and mode, thermal throttling, isolated CPUs.
 */
import { parseCpuList } from '../procfs/cpu-list.ts';
import type { HostFiles } from '../procfs/host-files.ts';
import { CPU_MODES, parseStat, TICKS_PER_SECOND } from '../procfs/stat.ts';
import type { Collector, MetricFamily, SampleWriter } from './collector.ts';

const SECONDS: MetricFamily = {
  name: 'node_cpu_seconds_total',
  type: 'counter',
  help: 'Time each CPU has spent in each mode, in seconds.',
  labels: ['cpu', 'mode'],
};
const GUEST_SECONDS: MetricFamily = {
  name: 'node_cpu_guest_seconds_total',
  type: 'counter',
  help: 'Time each CPU has run guests, in seconds; also counted as user or nice.',
  labels: ['cpu', 'mode'],
};
const ISOLATED: MetricFamily = {
  name: 'node_cpu_isolated',
  type: 'gauge',
  help: '1 for each CPU that the scheduler leaves alone (isolcpus).',
  labels: ['cpu'],
};
const CORE_THROTTLES: MetricFamily = {
  name: 'node_cpu_core_throttles_total',
  type: 'counter',
  help: 'How often a core was slowed down for its heat.',
  labels: ['package', 'core'],
};
const PACKAGE_THROTTLES: MetricFamily = {
  name: 'node_cpu_package_throttles_total',
  type: 'counter',
  help: 'How often a package was slowed down for its heat.',
  labels: ['package'],
};

const MODES = CPU_MODES.length;
const IDLE = CPU_MODES.indexOf('idle');
const GUEST = CPU_MODES.indexOf('guest');
/** Idle time that falls by so much means the CPU was off: its counters start anew. */
const IDLE_RESET_TICKS = 3 * TICKS_PER_SECOND;
const CPU_FOLDER = '/sys/devices/system/cpu';

export function cpuCollector(files: HostFiles): Collector {
  const steady = new SteadyTicks();
  return {
    name: 'cpu',
    collect(out) {
      const { cpus, cpuTicks } = parseStat(files.text('/proc/stat'));
      cpus.forEach((cpu, i) => {
        const ticks = steady.update(cpu, cpuTicks.subarray(i * MODES, (i + 1) * MODES));
        writeCpu(out, cpu, ticks);
      });
      for (const cpu of parseCpuList(files.textIfAny(`${CPU_FOLDER}/isolated`) ?? ''))
        out.write(ISOLATED, 1, [String(cpu)]);
      writeThrottles(out, files);
    },
  };
}

function writeCpu(out: SampleWriter, cpu: string, ticks: Float64Array): void {
  for (let mode = 0; mode < GUEST; mode++)
    out.write(SECONDS, (ticks[mode] as number) / TICKS_PER_SECOND, [
      cpu,
      CPU_MODES[mode] as string,
    ]);
  out.write(GUEST_SECONDS, (ticks[GUEST] as number) / TICKS_PER_SECOND, [cpu, 'user']);
  out.write(GUEST_SECONDS, (ticks[GUEST + 1] as number) / TICKS_PER_SECOND, [cpu, 'nice']);
}

/**
 * The kernel's per-CPU times run back by a tick now and then, which a counter must not: a
 * counter's fall would be taken for a restart. Keeps the highest reading of each.
 */
class SteadyTicks {
  readonly #byCpu = new Map<string, Float64Array>();

  update(cpu: string, ticks: Float64Array): Float64Array {
    const known = this.#byCpu.get(cpu);
    if (
      known === undefined ||
      (known[IDLE] as number) - (ticks[IDLE] as number) >= IDLE_RESET_TICKS
    ) {
      const fresh = ticks.slice();
      this.#byCpu.set(cpu, fresh);
      return fresh;
    }
    for (let mode = 0; mode < MODES; mode++)
      known[mode] = Math.max(known[mode] as number, ticks[mode] as number);
    return known;
  }
}

function writeThrottles(out: SampleWriter, files: HostFiles): void {
  const written = new Set<string>();
  for (const name of files.names(CPU_FOLDER)) {
    if (!/^cpu\d+$/.test(name)) continue;
    const folder = `${CPU_FOLDER}/${name}`;
    const count = (kind: string) => files.textIfAny(`${folder}/thermal_throttle/${kind}`);
    const core = count('core_throttle_count');
    if (core === undefined) continue;
    const packageId = files.textIfAny(`${folder}/topology/physical_package_id`)?.trim();
    const coreId = files.textIfAny(`${folder}/topology/core_id`)?.trim();
    if (packageId === undefined || coreId === undefined) continue;
    // Hyperthreads of a core, and cores of a package, tell the same count.
    if (!written.has(`${packageId}/${coreId}`)) {
      written.add(`${packageId}/${coreId}`);
      out.write(CORE_THROTTLES, Number(core), [packageId, coreId]);
    }
    const whole = count('package_throttle_count');
    if (whole === undefined || written.has(packageId)) continue;
    written.add(packageId);
    out.write(PACKAGE_THROTTLES, Number(whole), [packageId]);
  }
}
