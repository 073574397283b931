/**
 * /proc/PID/mountinfo: the mounts that a process sees.
 *
 * Source: proc_pid_mountinfo(5): `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`
 */
import { unreadable } from './unreadable.ts';

export interface Mount {
  readonly id: number;
  readonly parentId: number;
  readonly major: number;
  readonly minor: number;
  /** The directory within the file system that is mounted here; not `/` for bind mounts. */
  readonly root: string;
  readonly mountpoint: string;
  readonly fstype: string;
  readonly device: string;
  /** Of this mount. */
  readonly options: ReadonlySet<string>;
  /** Of the file system as a whole. */
  readonly superOptions: ReadonlySet<string>;
}

export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [before, after] = line.split(' - ', 2);
    const [id, parentId, number, root, mountpoint, options] = (before ?? '').split(' ');
    const [fstype, device, superOptions] = (after ?? '').split(' ');
    const [major, minor] = (number ?? '').split(':', 2);
    if (mountpoint === undefined || device === undefined || minor === undefined)
      throw unreadable('/proc/self/mountinfo', line);
    mounts.push({
      id: Number(id),
      parentId: Number(parentId),
      major: Number(major),
      minor: Number(minor),
      root: unescapeOctal(root ?? '/'),
      mountpoint: unescapeOctal(mountpoint),
      fstype: fstype ?? '',
      device: unescapeOctal(device),
      options: new Set((options ?? '').split(',')),
      superOptions: new Set((superOptions ?? '').split(',')),
    });
  }
  return mounts;
}

/** Blank, tab, newline and backslash stand as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
