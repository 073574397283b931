/**
 * /proc/net/dev: counters of each network device.
 *
 * Source: proc(5) and net/core/net-procfs.c. Columns have the names that node_exporter gives them.
 */
import { unreadable } from './unreadable.ts';

/** The columns, receive before transmit, as they stand in the file. */
export const NET_DEV_COLUMNS = [
  'receive_bytes',
  'receive_packets',
  'receive_errs',
  'receive_drop',
  'receive_fifo',
  'receive_frame',
  'receive_compressed',
  'receive_multicast',
  'transmit_bytes',
  'transmit_packets',
  'transmit_errs',
  'transmit_drop',
  'transmit_fifo',
  'transmit_colls',
  'transmit_carrier',
  'transmit_compressed',
] as const;

export interface NetDev {
  /** [n] */
  readonly devices: readonly string[];
  /** [n * NET_DEV_COLUMNS.length] */
  readonly counters: Float64Array;
}

export function parseNetDev(text: string): NetDev {
  const devices: string[] = [];
  const counters: number[] = [];
  // Two lines of headings come first.
  for (const line of text.split('\n').slice(2)) {
    if (line === '') continue;
    const colon = line.lastIndexOf(':');
    const numbers = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    if (colon < 1 || numbers.length < NET_DEV_COLUMNS.length || numbers.some(Number.isNaN))
      throw unreadable('/proc/net/dev', line);
    devices.push(line.slice(0, colon).trim());
    counters.push(...numbers.slice(0, NET_DEV_COLUMNS.length));
  }
  return { devices, counters: Float64Array.from(counters) };
}
