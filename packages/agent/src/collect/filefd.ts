/**
 * Collector `filefd`: open files of the host, from /proc/sys/fs/file-nr (three numbers; the second
 * has been 0 since Linux 2.6).
 */
import type { HostFiles } from '../procfs/host-files.ts';
import { unreadable } from '../procfs/unreadable.ts';
import type { Collector, MetricFamily } from './collector.ts';

const ALLOCATED: MetricFamily = {
  name: 'node_filefd_allocated',
  type: 'gauge',
  help: 'Files that are open on the host.',
  labels: [],
};
const MAXIMUM: MetricFamily = {
  name: 'node_filefd_maximum',
  type: 'gauge',
  help: 'Files that may be open on the host.',
  labels: [],
};

export function filefdCollector(files: HostFiles): Collector {
  return {
    name: 'filefd',
    collect(out) {
      const text = files.text('/proc/sys/fs/file-nr');
      const [allocated, , maximum] = text.trim().split(/\s+/).map(Number);
      if (allocated === undefined || maximum === undefined || Number.isNaN(allocated + maximum))
        throw unreadable('/proc/sys/fs/file-nr', text);
      out.write(ALLOCATED, allocated);
      out.write(MAXIMUM, maximum);
    },
  };
}
