/**
 * /proc/diskstats: one line a block device.
 *
 * Source: https://docs.kernel.org/admin-guide/iostats.html. 11 counters before Linux 4.18, 15
 * before 5.5, 17 since.
 */
import { unreadable } from './unreadable.ts';

export interface Diskstats {
  readonly device: string;
  readonly major: number;
  readonly minor: number;
  /** The counters as the kernel gives them: 11, 15 or 17. */
  readonly counters: Float64Array;
}

export function parseDiskstats(text: string): Diskstats[] {
  const devices: Diskstats[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields.length === 1) continue;
    const [major, minor, device, ...counters] = fields;
    const numbers = Float64Array.from(counters, Number);
    if (device === undefined || numbers.length < 11 || numbers.some(Number.isNaN))
      throw unreadable('/proc/diskstats', line);
    devices.push({ device, major: Number(major), minor: Number(minor), counters: numbers });
  }
  return devices;
}
