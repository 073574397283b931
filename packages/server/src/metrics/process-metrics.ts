/**
 * What this process uses: CPU of all threads and of main, memory, descriptors, main's delays.
 */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricRegistry } from './registry.ts';

const DELAY_RESOLUTION_MS = 10;
const PERCENTILES = [50, 90, 99];

/** @returns a function that ends the measuring of delays */
export function registerProcessMetrics(registry: MetricRegistry, startedMs: number): () => void {
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  registry.counterFrom(
    { name: 'mon_process_cpu_seconds_total', help: 'CPU time of all threads, user and system.' },
    () => cpuSeconds(process.cpuUsage()),
  );
  registry.counterFrom(
    { name: 'mon_process_main_cpu_seconds_total', help: 'CPU time of the main thread.' },
    () => cpuSeconds(process.threadCpuUsage()),
  );
  registry.gauge(
    { name: 'mon_process_resident_memory_bytes', help: 'Memory of the process in RAM.' },
    () => process.memoryUsage.rss(),
  );
  registry.gauge(
    { name: 'mon_process_heap_bytes', help: 'JavaScript heap of the main thread in use.' },
    () => process.memoryUsage().heapUsed,
  );
  registry.gauge(
    { name: 'mon_process_start_time_seconds', help: 'When the server was started.' },
    () => startedMs / 1000,
  );
  registry.gauge({ name: 'mon_process_open_fds', help: 'Open file descriptors.' }, openDescriptors);
  registry.gauge(
    {
      name: 'mon_process_event_loop_delay_seconds',
      help: 'How late the main thread turned to its next task, since the last reading.',
      labels: ['percentile'],
    },
    () => {
      const readings = PERCENTILES.map((percentile) => ({
        labels: [String(percentile)],
        value: Math.max(0, delays.percentile(percentile) / 1e9 - DELAY_RESOLUTION_MS / 1000),
      }));
      delays.reset();
      return readings;
    },
  );
  return () => {
    delays.disable();
  };
}

function cpuSeconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : Number.NaN;
}
