/**
 * Collector `uname`: what uname(2) says, read from /proc/sys/kernel.
 */
import { machine } from 'node:os';
import type { HostFiles } from '../procfs/host-files.ts';
import type { Collector, MetricFamily } from './collector.ts';

const INFO: MetricFamily = {
  name: 'node_uname_info',
  type: 'gauge',
  help: 'Always 1; kernel and host as uname names them.',
  labels: ['sysname', 'release', 'version', 'machine', 'nodename', 'domainname'],
};

export function unameCollector(files: HostFiles): Collector {
  return {
    name: 'uname',
    collect(out) {
      const read = (name: string) => files.text(`/proc/sys/kernel/${name}`).trimEnd();
      const values = [read('ostype'), read('osrelease'), read('version')];
      // The file is there since Linux 6.1.
      values.push(files.textIfAny('/proc/sys/kernel/arch')?.trimEnd() ?? machine());
      values.push(read('hostname'), read('domainname'));
      out.write(INFO, 1, values);
    },
  };
}
