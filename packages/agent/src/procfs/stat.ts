/**
 * /proc/stat: CPU times and counters of the kernel.
 *
 * Source: proc(5); https://docs.kernel.org/filesystems/proc.html
 */
import { unreadable } from './unreadable.ts';

/** Columns of `cpuTicks`, in the order of the file. */
export const CPU_MODES = [
  'user',
  'nice',
  'system',
  'idle',
  'iowait',
  'irq',
  'softirq',
  'steal',
  'guest',
  'guest_nice',
] as const;

/** Ticks a second in /proc/stat: USER_HZ, 100 on every architecture Linux builds for node. */
export const TICKS_PER_SECOND = 100;

export interface KernelStat {
  /** [n] numbers of the CPUs that are online */
  readonly cpus: readonly string[];
  /** [n * CPU_MODES.length] ticks; 0 for modes that an old kernel does not have */
  readonly cpuTicks: Float64Array;
  readonly interrupts: number | undefined;
  readonly contextSwitches: number | undefined;
  readonly forks: number | undefined;
  /** Seconds since the epoch. */
  readonly bootTimeSeconds: number | undefined;
  readonly procsRunning: number | undefined;
  readonly procsBlocked: number | undefined;
}

/** @throws MonError `unreadable-host-file` */
export function parseStat(text: string): KernelStat {
  const cpus: string[] = [];
  const ticks: number[] = [];
  const counters = new Map<string, number>();
  for (const line of text.split('\n')) {
    const fields = line.split(/ +/, CPU_MODES.length + 1);
    const key = fields[0] as string;
    if (/^cpu\d+$/.test(key)) {
      cpus.push(key.slice(3));
      for (let mode = 1; mode <= CPU_MODES.length; mode++) {
        const count = Number(fields[mode] ?? 0);
        if (Number.isNaN(count)) throw unreadable('/proc/stat', line);
        ticks.push(count);
      }
    } else if (key !== '' && key !== 'cpu') counters.set(key, Number(fields[1]));
  }
  if (cpus.length === 0) throw unreadable('/proc/stat', text);
  return {
    cpus,
    cpuTicks: Float64Array.from(ticks),
    interrupts: counters.get('intr'),
    contextSwitches: counters.get('ctxt'),
    forks: counters.get('processes'),
    bootTimeSeconds: counters.get('btime'),
    procsRunning: counters.get('procs_running'),
    procsBlocked: counters.get('procs_blocked'),
  };
}
