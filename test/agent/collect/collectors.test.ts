import { cpuCollector } from '@mon/agent/collect/cpu';
import { diskstatsCollector } from '@mon/agent/collect/diskstats';
import { filefdCollector } from '@mon/agent/collect/filefd';
import { loadavgCollector } from '@mon/agent/collect/loadavg';
import { meminfoCollector } from '@mon/agent/collect/meminfo';
import { netdevCollector } from '@mon/agent/collect/netdev';
import { osCollector } from '@mon/agent/collect/os';
import { pressureCollector } from '@mon/agent/collect/pressure';
import { statCollector } from '@mon/agent/collect/stat';
import { timeCollector } from '@mon/agent/collect/time';
import { unameCollector } from '@mon/agent/collect/uname';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t from 'tap';
import { collected } from '../collected.ts';
import { hostTree } from '../host-tree.ts';

const STAT = `cpu  30 3 12 400 5 1 2 4 6 1
cpu0 10 1 4 100 2 0 1 2 3 1
cpu1 20 2 8 300 3 1 1 2 3 0
intr 4608 0 1 2
ctxt 1139
btime 1795368542
processes 7554
procs_running 2
procs_blocked 1
softirq 192994 0 21553
`;

t.test('cpuCollector() writes seconds per CPU and mode', async (t) => {
  const { files } = hostTree(t, { '/proc/stat': STAT });
  const samples = await collected(cpuCollector(files));
  t.equal(samples.size, 2 * 10);
  t.equal(samples.get('node_cpu_seconds_total{cpu="0", mode="user"}'), 0.1);
  t.equal(samples.get('node_cpu_seconds_total{cpu="1", mode="idle"}'), 3);
  t.equal(samples.get('node_cpu_seconds_total{cpu="0", mode="steal"}'), 0.02);
  t.equal(samples.get('node_cpu_guest_seconds_total{cpu="0", mode="nice"}'), 0.01);
});

t.test('cpuCollector() keeps counters from running back, but for a CPU that was off', async (t) => {
  const tree = hostTree(t, { '/proc/stat': 'cpu0 10 1 4 1000 20 0 1 2\n' });
  const collector = cpuCollector(tree.files);
  const series = (mode: string) => `node_cpu_seconds_total{cpu="0", mode="${mode}"}`;
  await collected(collector);
  tree.write('/proc/stat', 'cpu0 11 1 4 999 19 0 1 2\n');
  let samples = await collected(collector);
  t.equal(samples.get(series('user')), 0.11);
  t.equal(samples.get(series('idle')), 10);
  t.equal(samples.get(series('iowait')), 0.2);
  tree.write('/proc/stat', 'cpu0 1 1 1 2 1 0 1 2\n');
  samples = await collected(collector);
  t.equal(samples.get(series('idle')), 0.02);
  t.equal(samples.get(series('user')), 0.01);
});

t.test('cpuCollector() writes throttles once a core and package, and isolated CPUs', async (t) => {
  const texts: Record<string, string> = { '/proc/stat': STAT };
  const folder = '/sys/devices/system/cpu';
  for (const [cpu, core] of ['0', '1', '0'].entries()) {
    texts[`${folder}/cpu${cpu}/topology/physical_package_id`] = '0\n';
    texts[`${folder}/cpu${cpu}/topology/core_id`] = `${core}\n`;
    texts[`${folder}/cpu${cpu}/thermal_throttle/core_throttle_count`] = '5\n';
    texts[`${folder}/cpu${cpu}/thermal_throttle/package_throttle_count`] = '30\n';
  }
  texts[`${folder}/isolated`] = '1,4-5\n';
  const samples = await collected(cpuCollector(hostTree(t, texts).files));
  t.equal(samples.get('node_cpu_core_throttles_total{core="0", package="0"}'), 5);
  t.equal(samples.get('node_cpu_core_throttles_total{core="1", package="0"}'), 5);
  t.equal(samples.get('node_cpu_package_throttles_total{package="0"}'), 30);
  t.equal(samples.get('node_cpu_isolated{cpu="5"}'), 1);
  t.equal(samples.size, 20 + 3 + 3);
});

t.test('statCollector() writes what the kernel has', async (t) => {
  const { files } = hostTree(t, { '/proc/stat': STAT });
  t.strictSame(Object.fromEntries(await collected(statCollector(files))), {
    node_intr_total: 4608,
    node_context_switches_total: 1139,
    node_forks_total: 7554,
    node_boot_time_seconds: 1795368542,
    node_procs_running: 2,
    node_procs_blocked: 1,
  });
});

t.test('loadavgCollector() writes three loads', async (t) => {
  const { files } = hostTree(t, { '/proc/loadavg': '0.21 0.37 1.39 1/719 19737\n' });
  const samples = await collected(loadavgCollector(files));
  t.strictSame(Object.fromEntries(samples), {
    node_load1: 0.21,
    node_load5: 0.37,
    node_load15: 1.39,
  });
});

t.test('meminfoCollector() writes bytes, and counts as they are', async (t) => {
  const text = 'MemTotal:       15666184 kB\nActive(anon):       1 kB\nHugePages_Total:       3\n';
  const { files } = hostTree(t, { '/proc/meminfo': text });
  t.strictSame(Object.fromEntries(await collected(meminfoCollector(files))), {
    node_memory_MemTotal_bytes: 15666184 * 1024,
    node_memory_Active_anon_bytes: 1024,
    node_memory_HugePages_Total: 3,
  });
});

t.test('diskstatsCollector() writes as many counters as the kernel has', async (t) => {
  const { files } = hostTree(t, {
    '/proc/diskstats': [
      '   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0',
      '   8       0 sda 25354637 34367663 1003346126 18492372 28444756 11134226 505697032 63877960 0 9653880 82621804',
      '   8       1 sda1 250 0 2000 36 0 0 0 0 0 36 36',
      ' 254       0 dm-0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17',
      '',
    ].join('\n'),
    '/run/udev/data/b8:0':
      'S:disk\nE:ID_MODEL=Disk=1\nE:ID_SERIAL=long\nE:ID_SERIAL_SHORT=S1\nE:ID_ATA=1\nE:ID_ATA_ROTATION_RATE_RPM=7200\n',
    '/run/udev/data/b254:0':
      'E:DM_NAME=vg-root\nE:DM_VG_NAME=vg\nE:ID_FS_TYPE=ext4\nE:ID_FS_UUID=u\n',
    '/sys/block/sda/queue/rotational': '1\n',
  });
  const samples = await collected(diskstatsCollector(files));
  t.equal(samples.get('node_disk_read_bytes_total{device="sda"}'), 1003346126 * 512);
  t.equal(samples.get('node_disk_read_time_seconds_total{device="sda"}'), 18492.372);
  t.equal(samples.get('node_disk_io_now{device="dm-0"}'), 9);
  t.equal(samples.get('node_disk_discarded_sectors_total{device="dm-0"}'), 14);
  t.equal(samples.get('node_disk_flush_requests_time_seconds_total{device="dm-0"}'), 0.017);
  t.equal(samples.get('node_disk_discards_completed_total{device="sda"}'), undefined);
  t.equal(samples.get('node_disk_ata_rotation_rate_rpm{device="sda"}'), 7200);
  t.equal(
    samples.get(
      'node_disk_info{device="sda", major="8", minor="0", model="Disk=1", rotational="1", serial="S1"}',
    ),
    1,
  );
  t.ok(samples.has('node_disk_filesystem_info{device="dm-0", type="ext4", uuid="u"}'));
  t.ok(samples.has('node_disk_device_mapper_info{device="dm-0", name="vg-root", vg_name="vg"}'));
  t.notOk([...samples.keys()].some((series) => /loop0|sda1/.test(series)));
});

t.test('netdevCollector() writes every device', async (t) => {
  const { files } = hostTree(t, {
    '/proc/net/dev': [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
      '    lo:   1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16',
      'wl0:1:10437182923 20 30 40 50 60 70 80 90 100 110 120 130 140 150 160',
      '',
    ].join('\n'),
    '/sys/class/net/lo/statistics/rx_nohandler': '17\n',
  });
  const samples = await collected(netdevCollector(files));
  t.equal(samples.size, 33);
  t.equal(samples.get('node_network_receive_bytes_total{device="wl0:1"}'), 10437182923);
  t.equal(samples.get('node_network_receive_multicast_total{device="lo"}'), 8);
  t.equal(samples.get('node_network_transmit_colls_total{device="lo"}'), 14);
  t.equal(samples.get('node_network_receive_nohandler_total{device="lo"}'), 17);
});

t.test('pressureCollector() writes seconds, and has nothing on an old kernel', async (t) => {
  const line = 'avg10=0.00 avg60=0.00 avg300=0.00 total=';
  const tree = hostTree(t, {
    '/proc/pressure/cpu': `some ${line}14036781\nfull ${line}5\n`,
    '/proc/pressure/io': `some ${line}2000000\nfull ${line}1000000\n`,
    '/proc/pressure/irq': `full ${line}3000000\n`,
  });
  t.strictSame(Object.fromEntries(await collected(pressureCollector(tree.files))), {
    node_pressure_cpu_waiting_seconds_total: 14.036781,
    node_pressure_io_waiting_seconds_total: 2,
    node_pressure_io_stalled_seconds_total: 1,
    node_pressure_irq_stalled_seconds_total: 3,
  });
  tree.remove('/proc/pressure');
  await t.rejects(async () => collected(pressureCollector(tree.files)), /no pressure information/);
});

t.test('filefdCollector() writes open files and their bound', async (t) => {
  const { files } = hostTree(t, { '/proc/sys/fs/file-nr': '1024\t0\t1631329\n' });
  const samples = await collected(filefdCollector(files));
  t.strictSame([...samples.values()], [1024, 1631329]);
});

t.test('unameCollector() and osCollector() write facts as labels', async (t) => {
  const { files } = hostTree(t, {
    '/proc/sys/kernel/ostype': 'Linux\n',
    '/proc/sys/kernel/osrelease': '6.1.0\n',
    '/proc/sys/kernel/version': '#1 SMP\n',
    '/proc/sys/kernel/arch': 'x86_64\n',
    '/proc/sys/kernel/hostname': 'web-01\n',
    '/proc/sys/kernel/domainname': '(none)\n',
    '/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian \\"GNU\\""\nVERSION_ID="12.4.1"\nID=debian\n# x\nSUPPORT_END=2028-06-30\n',
  });
  t.strictSame(
    [...(await collected(unameCollector(files))).keys()],
    [
      'node_uname_info{domainname="(none)", machine="x86_64", nodename="web-01", release="6.1.0", sysname="Linux", version="#1 SMP"}',
    ],
  );
  t.strictSame(
    [...(await collected(osCollector(files)))],
    [
      [
        'node_os_info{id="debian", name="Debian \\"GNU\\"", pretty_name="Debian GNU/Linux 12 (bookworm)", version_id="12.4.1"}',
        1,
      ],
      ['node_os_version{id="debian", name="Debian \\"GNU\\""}', 12.4],
      ['node_os_support_end_timestamp_seconds', Date.UTC(2028, 5, 30) / 1000],
    ],
  );
});

t.test('timeCollector() writes the clock and its sources', async (t) => {
  const { files } = hostTree(t, {
    '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet \n',
    '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
  });
  const samples = await collected(timeCollector(files, new ManualClock(1_700_000_000_500)));
  t.equal(samples.get('node_time_seconds'), 1_700_000_000.5);
  t.ok(samples.has('node_time_clocksource_available_info{clocksource="hpet", device="0"}'));
  t.ok(samples.has('node_time_clocksource_current_info{clocksource="tsc", device="0"}'));
});

t.test('collectors fail with the file and the line where the kernel wrote nonsense', async (t) => {
  const { files } = hostTree(t, {
    '/proc/stat': 'cpu0 1 2 x\n',
    '/proc/loadavg': 'high\n',
    '/proc/meminfo': 'MemTotal: lots\n',
    '/proc/diskstats': '8 0 sda 1 2\n',
    '/proc/net/dev': 'a\nb\neth0: 1 2\n',
    '/proc/sys/fs/file-nr': '\n',
  });
  const makers = [cpuCollector, loadavgCollector, meminfoCollector, diskstatsCollector];
  for (const make of [...makers, netdevCollector, filefdCollector])
    await t.rejects(collected(make(files)), { code: 'unreadable-host-file' });
});
