/**
 * Collector `diskstats`: I/O of each block device, and what udev knows of it.
 */
import { parseDiskstats } from '../procfs/diskstats.ts';
import type { HostFiles } from '../procfs/host-files.ts';
import { parseUdevProperties } from '../procfs/udev.ts';
import type { Collector, MetricFamily, SampleWriter } from './collector.ts';

const SECTOR_BYTES = 512;
/** Counters are divided, not multiplied by 0.001: 30330 ms is 30.33 s, not 30.330000000000002. */
const MS_PER_SECOND = 1000;

/** The kernel's counters in their order: metric, and factor or divisor to its unit. */
const COUNTERS: readonly (readonly [MetricFamily, number, number])[] = [
  [family('reads_completed_total', 'Reads done.'), 1, 1],
  [family('reads_merged_total', 'Reads joined with a neighbour before they were done.'), 1, 1],
  [family('read_bytes_total', 'Bytes read.'), SECTOR_BYTES, 1],
  [family('read_time_seconds_total', 'Time of all reads added up.'), 1, MS_PER_SECOND],
  [family('writes_completed_total', 'Writes done.'), 1, 1],
  [family('writes_merged_total', 'Writes joined with a neighbour before they were done.'), 1, 1],
  [family('written_bytes_total', 'Bytes written.'), SECTOR_BYTES, 1],
  [family('write_time_seconds_total', 'Time of all writes added up.'), 1, MS_PER_SECOND],
  [{ ...family('io_now', 'Requests under way.'), type: 'gauge' }, 1, 1],
  [family('io_time_seconds_total', 'Time in which any request was under way.'), 1, MS_PER_SECOND],
  [
    family('io_time_weighted_seconds_total', 'That time times the requests under way.'),
    1,
    MS_PER_SECOND,
  ],
  [family('discards_completed_total', 'Discards done.'), 1, 1],
  [family('discards_merged_total', 'Discards joined with a neighbour.'), 1, 1],
  [family('discarded_sectors_total', 'Sectors of 512 bytes discarded.'), 1, 1],
  [family('discard_time_seconds_total', 'Time of all discards added up.'), 1, MS_PER_SECOND],
  [family('flush_requests_total', 'Flushes done.'), 1, 1],
  [family('flush_requests_time_seconds_total', 'Time of all flushes added up.'), 1, MS_PER_SECOND],
];

function family(stem: string, help: string): MetricFamily {
  return { name: `node_disk_${stem}`, type: 'counter', help, labels: ['device'] };
}

function fact(stem: string, help: string, labels: readonly string[]): MetricFamily {
  return { name: `node_disk_${stem}`, type: 'gauge', help, labels: ['device', ...labels] };
}

const INFO = fact('info', 'Always 1; the device as udev knows it.', [
  'major',
  'minor',
  'path',
  'wwn',
  'model',
  'serial',
  'revision',
  'rotational',
]);
const FILESYSTEM_INFO = fact('filesystem_info', 'Always 1; the file system on the device.', [
  'type',
  'usage',
  'uuid',
  'version',
]);
const MAPPER_INFO = fact('device_mapper_info', 'Always 1; the device as the mapper has it.', [
  'name',
  'uuid',
  'vg_name',
  'lv_name',
  'lv_layer',
]);
const ATA: readonly (readonly [string, MetricFamily])[] = [
  ['ID_ATA_WRITE_CACHE', fact('ata_write_cache', 'Whether the disk has a write cache.', [])],
  ['ID_ATA_WRITE_CACHE_ENABLED', fact('ata_write_cache_enabled', 'Whether it is in use.', [])],
  ['ID_ATA_ROTATION_RATE_RPM', fact('ata_rotation_rate_rpm', 'Turns a minute; 0: none.', [])],
];

/** Partitions, RAM disks and loop devices, which node_exporter leaves out too. */
const IGNORED = /^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/;

export function diskstatsCollector(files: HostFiles): Collector {
  return {
    name: 'diskstats',
    collect(out) {
      for (const disk of parseDiskstats(files.text('/proc/diskstats'))) {
        const { device, major, minor, counters } = disk;
        if (IGNORED.test(device)) continue;
        COUNTERS.forEach(([metric, factor, divisor], i) => {
          const count = counters[i];
          if (count !== undefined) out.write(metric, (count * factor) / divisor, [device]);
        });
        const udev = files.textIfAny(`/run/udev/data/b${major}:${minor}`) ?? '';
        // Linux writes `!` in sysfs for a slash in a device's name.
        const sysName = device.replaceAll('/', '!');
        const rotational = files.textIfAny(`/sys/block/${sysName}/queue/rotational`);
        const number = [String(major), String(minor)] as const;
        const properties = parseUdevProperties(udev);
        writeFacts(out, { device, number, properties, rotational: rotational?.trim() ?? '0' });
      }
    },
  };
}

interface DeviceFacts {
  readonly device: string;
  readonly number: readonly [string, string];
  readonly properties: ReadonlyMap<string, string>;
  readonly rotational: string;
}

function writeFacts(out: SampleWriter, facts: DeviceFacts): void {
  const { device, number, properties, rotational } = facts;
  const get = (...names: readonly string[]) =>
    names.map((name) => properties.get(name) ?? '').find((value) => value !== '') ?? '';
  const serial = get('SCSI_IDENT_SERIAL', 'ID_SERIAL_SHORT', 'ID_SERIAL');
  const model = [get('ID_PATH'), get('ID_WWN'), get('ID_MODEL'), serial, get('ID_REVISION')];
  out.write(INFO, 1, [device, ...number, ...model, rotational]);
  if (get('ID_FS_TYPE') !== '') {
    const values = [get('ID_FS_TYPE'), get('ID_FS_USAGE'), get('ID_FS_UUID'), get('ID_FS_VERSION')];
    out.write(FILESYSTEM_INFO, 1, [device, ...values]);
  }
  if (get('DM_NAME') !== '') {
    const values = ['DM_NAME', 'DM_UUID', 'DM_VG_NAME', 'DM_LV_NAME', 'DM_LV_LAYER'];
    out.write(MAPPER_INFO, 1, [device, ...values.map((name) => get(name))]);
  }
  for (const [name, metric] of get('ID_ATA') === '' ? [] : ATA)
    if (properties.has(name)) out.write(metric, Number(properties.get(name)), [device]);
}
