/**
 * Collector `netdev`: counters of each network device.
 */
import type { HostFiles } from '../procfs/host-files.ts';
import { NET_DEV_COLUMNS, parseNetDev } from '../procfs/net-dev.ts';
import type { Collector, MetricFamily } from './collector.ts';

const FAMILIES = NET_DEV_COLUMNS.map((column) => family(column));
/** Not in /proc/net/dev; node_exporter gets it by netlink. */
const NOHANDLER = family('receive_nohandler');
const COLUMNS = NET_DEV_COLUMNS.length;

function family(column: string): MetricFamily {
  return {
    name: `node_network_${column}_total`,
    type: 'counter',
    help: `The kernel's counter ${column} of a network device.`,
    labels: ['device'],
  };
}

export function netdevCollector(files: HostFiles): Collector {
  return {
    name: 'netdev',
    collect(out) {
      const { devices, counters } = parseNetDev(files.text('/proc/net/dev'));
      devices.forEach((device, i) => {
        FAMILIES.forEach((metric, column) => {
          out.write(metric, counters[i * COLUMNS + column] as number, [device]);
        });
        const file = `/sys/class/net/${device}/statistics/rx_nohandler`;
        const nohandler = files.textIfAny(file);
        if (nohandler !== undefined) out.write(NOHANDLER, Number(nohandler), [device]);
      });
    },
  };
}
