/**
 * Collector `os`: the distribution, from os-release.
 */
import type { HostFiles } from '../procfs/host-files.ts';
import { parseOsRelease } from '../procfs/os-release.ts';
import { type Collector, type MetricFamily, NothingToCollect } from './collector.ts';

const INFO: MetricFamily = {
  name: 'node_os_info',
  type: 'gauge',
  help: 'Always 1; the fields of os-release.',
  labels: [
    'build_id',
    'id',
    'id_like',
    'image_id',
    'image_version',
    'name',
    'pretty_name',
    'variant',
    'variant_id',
    'version',
    'version_codename',
    'version_id',
  ],
};
const VERSION: MetricFamily = {
  name: 'node_os_version',
  type: 'gauge',
  help: 'Major and minor version of the distribution as a number.',
  labels: ['id', 'id_like', 'name'],
};
const SUPPORT_END: MetricFamily = {
  name: 'node_os_support_end_timestamp_seconds',
  type: 'gauge',
  help: 'When support of the distribution ends, Unix time.',
  labels: [],
};

export function osCollector(files: HostFiles): Collector {
  return {
    name: 'os',
    collect(out) {
      const text = files.textIfAny('/etc/os-release') ?? files.textIfAny('/usr/lib/os-release');
      if (text === undefined) throw new NothingToCollect('the host has no os-release');
      const fields = parseOsRelease(text);
      const field = (label: string) => fields.get(label.toUpperCase()) ?? '';
      out.write(INFO, 1, INFO.labels.map(field));
      const version = /^\d+(?:\.\d+)?/.exec(field('version_id'));
      if (version !== null) out.write(VERSION, Number(version[0]), VERSION.labels.map(field));
      const endMs = Date.parse(`${field('support_end')}T00:00:00Z`);
      if (!Number.isNaN(endMs)) out.write(SUPPORT_END, endMs / 1000);
    },
  };
}
