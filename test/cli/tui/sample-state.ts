/**
 * A state of `mon top` for tests: three hosts, two alerts, one history, at a fixed time.
 */
import type { ChartSeries } from '@mon/cli/print/chart';
import type { HostRow } from '@mon/cli/tui/host-queries';
import { type HostHistory, INITIAL_STATE, type TopState } from '@mon/cli/tui/top-state';

export const NOW_MS = Date.UTC(2026, 10, 22, 17, 45, 12);
const NOW_SECONDS = NOW_MS / 1000;
const WINDOW_MS = 15 * 60_000;
const STEP_MS = 15_000;

export function hostRow(host: string, fields: Partial<HostRow> = {}): HostRow {
  return {
    host,
    cpuPercent: 12.3,
    cores: 4,
    memoryPercent: 50,
    memoryBytes: 16 * 1024 ** 3,
    load: 1.5,
    diskReadBytes: 1024 ** 2,
    diskWriteBytes: 2 * 1024 ** 2,
    filesystemPercent: 42,
    mountpoint: '/',
    receiveBytes: 1000,
    transmitBytes: 2e6,
    bootSeconds: NOW_SECONDS - 93_784,
    seenSeconds: NOW_SECONDS - 5,
    ...fields,
  };
}

function wave(name: string, height: number): ChartSeries {
  const points = WINDOW_MS / STEP_MS + 1;
  return {
    name,
    letter: name.slice(0, 1),
    timesMs: Float64Array.from({ length: points }, (_, i) => NOW_MS - WINDOW_MS + i * STEP_MS),
    values: Float64Array.from({ length: points }, (_, i) => height * (1 + Math.sin(i / 10))),
  };
}

export function history(host: string): HostHistory {
  return {
    host,
    startMs: NOW_MS - WINDOW_MS,
    endMs: NOW_MS,
    stepMs: STEP_MS,
    graphs: {
      cpu: [wave('used', 45)],
      memory: [wave('used', 20)],
      network: [wave('in', 1e6), wave('out', 2e6)],
      disk: [wave('read', 3e5), wave('write', 5e6)],
    },
  };
}

export const SAMPLE: TopState = {
  ...INITIAL_STATE,
  isLoaded: true,
  nowMs: NOW_MS,
  hosts: [
    hostRow('web-1'),
    hostRow('web-2', { cpuPercent: 95, load: 9, filesystemPercent: 93, memoryPercent: 88 }),
    hostRow('cache-1', { seenSeconds: NOW_SECONDS - 400 }),
  ],
  alerts: [
    {
      name: 'HighCPU',
      severity: 'critical',
      host: 'web-2',
      summary: 'CPU is above 90%',
      activeAtMs: NOW_MS - 500_000,
    },
  ],
  history: history('web-2'),
};
