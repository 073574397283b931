/**
 * Collector `filesystem`: room on each mounted file system.
 *
 * statfs(2) on a dead network mount can block for good and takes a thread of Node's pool with it.
 * So mounts are asked one after the other, each with a deadline; one that missed it is reported by
 * node_filesystem_device_error and not asked again until its call has come back. Once
 * STUCK_MOUNTS_MAX calls hang, no further mount that may hang is asked.
 */

import type { Clock } from '@mon/storage/model/clock';
import { reasonOf } from '@mon/storage/model/error';
import type { HostFiles } from '../procfs/host-files.ts';
import { type Mount, parseMountinfo } from '../procfs/mountinfo.ts';
import type { Collector, MetricFamily, SampleWriter } from './collector.ts';

/** File systems that answer from this host's own memory and disks; all others may hang. */
const LOCAL_FSTYPES = new Set(
  'ext2 ext3 ext4 xfs btrfs zfs f2fs bcachefs jfs reiserfs vfat exfat ntfs3 tmpfs ramfs'.split(' '),
);

/** What statfs(2) tells of one file system. */
export interface FilesystemRoom {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

export type Statfs = (path: string) => Promise<FilesystemRoom>;

export const STATFS_DEADLINE_MS = 2_000;
/** Half of the four threads that Node's pool has at least. */
export const STUCK_MOUNTS_MAX = 2;

const LABELS = ['device', 'mountpoint', 'fstype', 'device_error'];
const family = (stem: string, help: string): MetricFamily => ({
  name: `node_filesystem_${stem}`,
  type: 'gauge',
  help,
  labels: LABELS,
});
const SIZE = family('size_bytes', 'Size of the file system.');
const FREE = family('free_bytes', 'Free room, what is kept for root included.');
const AVAIL = family('avail_bytes', 'Room that users other than root may fill.');
const FILES = family('files', 'File nodes in all.');
const FILES_FREE = family('files_free', 'File nodes that are free.');
const READONLY = family('readonly', 'Whether the file system is mounted read-only.');
const DEVICE_ERROR = family('device_error', 'Whether asking the file system failed.');
const MOUNT_INFO: MetricFamily = {
  name: 'node_filesystem_mount_info',
  type: 'gauge',
  help: 'Always 1; the device number of a mount.',
  labels: ['device', 'major', 'minor', 'mountpoint'],
};

/** As node_exporter's defaults. */
const IGNORED_MOUNTPOINTS =
  /^\/(dev|proc|run\/credentials\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)($|\/)/;
const IGNORED_FSTYPES = new Set(
  (
    'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs fusectl hugetlbfs ' +
    'iso9660 mqueue nsfs overlay proc procfs pstore rpc_pipefs securityfs selinuxfs squashfs ' +
    'sysfs erofs tracefs'
  ).split(' '),
);

export function filesystemCollector(files: HostFiles, clock: Clock, statfs: Statfs): Collector {
  const asker = new RoomAsker(clock, statfs);
  return {
    name: 'filesystem',
    async collect(out) {
      for (const mount of visibleMounts(files)) {
        const room = await asker.ask(mount, files.resolve(mount.mountpoint));
        writeMount(out, mount, room);
      }
    },
  };
}

/** A mount to be reported. */
interface VisibleMount extends Mount {
  readonly isReadonly: boolean;
}

/**
 * The host's mounts. Those of process 1 are the host's own, but only root may see them. Else our
 * own, less the bind mounts and read-only flags that a hardened unit's name space adds.
 */
function visibleMounts(files: HostFiles): VisibleMount[] {
  const own = files.textIfAny('/proc/1/mountinfo');
  const isHosts = own !== undefined && own !== '';
  const mounts = parseMountinfo(isHosts ? own : files.text('/proc/self/mountinfo'));
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const visible = new Map<string, VisibleMount>();
  for (const mount of mounts) {
    if (IGNORED_MOUNTPOINTS.test(mount.mountpoint) || IGNORED_FSTYPES.has(mount.fstype)) continue;
    if (!isHosts && isBind(mount, byId.get(mount.parentId))) continue;
    const isReadonly = mount.superOptions.has('ro') || (isHosts && mount.options.has('ro'));
    // The last mount on a path hides those below it.
    visible.set(`${mount.device}\u0000${mount.mountpoint}`, { ...mount, isReadonly });
  }
  return [...visible.values()];
}

function isBind(mount: Mount, parent: Mount | undefined): boolean {
  if (mount.fstype === 'btrfs' || parent === undefined) return false;
  return mount.major === parent.major && mount.minor === parent.minor;
}

function writeMount(out: SampleWriter, mount: VisibleMount, room: FilesystemRoom | string): void {
  const error = typeof room === 'string' ? room : '';
  const labels = [mount.device, mount.mountpoint, mount.fstype, error];
  out.write(DEVICE_ERROR, error === '' ? 0 : 1, labels);
  out.write(READONLY, mount.isReadonly ? 1 : 0, labels);
  if (typeof room === 'string') return;
  out.write(SIZE, room.blocks * room.bsize, labels);
  out.write(FREE, room.bfree * room.bsize, labels);
  out.write(AVAIL, room.bavail * room.bsize, labels);
  out.write(FILES, room.files, labels);
  out.write(FILES_FREE, room.ffree, labels);
  const number = [String(mount.major), String(mount.minor)];
  out.write(MOUNT_INFO, 1, [mount.device, ...number, mount.mountpoint]);
}

class RoomAsker {
  readonly #clock: Clock;
  readonly #statfs: Statfs;
  /** Calls under way; those past their deadline are stuck. */
  readonly #underWay = new Map<string, { isStuck: boolean }>();

  constructor(clock: Clock, statfs: Statfs) {
    this.#clock = clock;
    this.#statfs = statfs;
  }

  /** The room, or why it is not known. */
  async ask({ mountpoint, fstype }: Mount, path: string): Promise<FilesystemRoom | string> {
    const stuck = [...this.#underWay.values()].filter((call) => call.isStuck).length;
    if (this.#underWay.has(mountpoint)) return 'mountpoint timeout';
    if (stuck >= STUCK_MOUNTS_MAX && !LOCAL_FSTYPES.has(fstype))
      return 'too many mountpoint timeouts';
    const call = { isStuck: false };
    this.#underWay.set(mountpoint, call);
    const answer = this.#statfs(path)
      .catch((thrown: unknown) => (thrown as NodeJS.ErrnoException).code ?? reasonOf(thrown))
      .finally(() => this.#underWay.delete(mountpoint));
    let cancel = () => {};
    const deadline = new Promise<string>((resolve) => {
      cancel = this.#clock.after(STATFS_DEADLINE_MS, () => {
        call.isStuck = true;
        resolve('mountpoint timeout');
      });
    });
    const room = await Promise.race([answer, deadline]);
    cancel();
    return room;
  }
}
