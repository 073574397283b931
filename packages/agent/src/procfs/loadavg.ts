/**
 * /proc/loadavg: `0.20 0.18 0.12 1/80 11206`. Source: proc(5).
 */
import { unreadable } from './unreadable.ts';

/** The load averages over 1, 5 and 15 minutes. */
export function parseLoadavg(text: string): readonly [number, number, number] {
  const loads = text.split(' ', 3).map(Number);
  const [load1, load5, load15] = loads;
  if (
    load1 === undefined ||
    load5 === undefined ||
    load15 === undefined ||
    loads.some(Number.isNaN)
  )
    throw unreadable('/proc/loadavg', text);
  return [load1, load5, load15];
}
