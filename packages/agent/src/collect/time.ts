/**
 * Collector `time`: the host's clock, time zone and clock sources.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '@mon/storage/model/clock';
import type { HostFiles } from '../procfs/host-files.ts';
import { zoneAbbreviation } from '../procfs/time-zone.ts';
import type { Collector, MetricFamily } from './collector.ts';

const TIME: MetricFamily = {
  name: 'node_time_seconds',
  type: 'gauge',
  help: 'The clock of the host, Unix time.',
  labels: [],
};
const ZONE_OFFSET: MetricFamily = {
  name: 'node_time_zone_offset_seconds',
  type: 'gauge',
  help: 'Seconds that local time is ahead of UTC.',
  labels: ['time_zone'],
};
const AVAILABLE: MetricFamily = {
  name: 'node_time_clocksource_available_info',
  type: 'gauge',
  help: 'Always 1; a clock source that the kernel could use.',
  labels: ['device', 'clocksource'],
};
const CURRENT: MetricFamily = {
  name: 'node_time_clocksource_current_info',
  type: 'gauge',
  help: 'Always 1; the clock source that the kernel uses.',
  labels: ['device', 'clocksource'],
};

const SOURCES = '/sys/devices/system/clocksource';

export function timeCollector(files: HostFiles, clock: Clock): Collector {
  return {
    name: 'time',
    collect(out) {
      const nowMs = clock.nowMs();
      out.write(TIME, nowMs / 1000);
      const offsetSeconds = -60 * new Date(nowMs).getTimezoneOffset();
      out.write(ZONE_OFFSET, offsetSeconds, [zoneName(files, offsetSeconds)]);
      for (const name of files.names(SOURCES)) {
        const device = /^clocksource(\d+)$/.exec(name)?.[1];
        if (device === undefined) continue;
        const read = (file: string) => files.textIfAny(`${SOURCES}/${name}/${file}`)?.trim() ?? '';
        for (const source of read('available_clocksource').split(/\s+/))
          if (source !== '') out.write(AVAILABLE, 1, [device, source]);
        const current = read('current_clocksource');
        if (current !== '') out.write(CURRENT, 1, [device, current]);
      }
    },
  };
}

function zoneName(files: HostFiles, offsetSeconds: number): string {
  const zone = process.env['TZ']?.replace(/^:/, '');
  const path =
    zone !== undefined && /^[\w+/-]+$/.test(zone)
      ? `/usr/share/zoneinfo/${zone}`
      : '/etc/localtime';
  try {
    return zoneAbbreviation(readFileSync(files.resolve(path)), offsetSeconds) ?? 'UTC';
  } catch {
    // A host without the file runs on UTC.
    return 'UTC';
  }
}
