/**
 * /proc/meminfo: lines such as `Active(anon):  1576 kB` or `HugePages_Total: 0`.
 *
 * Source: proc(5); the names are node_exporter's: `(` becomes `_`, `)` goes, and a field with the
 * unit kB is in bytes and ends in `_bytes`.
 */
import { unreadable } from './unreadable.ts';

export interface MeminfoColumns {
  /** [n] such as `MemTotal_bytes` */
  readonly names: readonly string[];
  /** [n] */
  readonly values: Float64Array;
}

export function parseMeminfo(text: string): MeminfoColumns {
  const names: string[] = [];
  const values: number[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const match = /^([^:]+):\s+(\d+)(?: (kB))?$/.exec(line);
    if (match?.[1] === undefined) throw unreadable('/proc/meminfo', line);
    const name = match[1].replace(/\((.*)\)/, '_$1');
    names.push(match[3] === undefined ? name : `${name}_bytes`);
    values.push(Number(match[2]) * (match[3] === undefined ? 1 : 1024));
  }
  return { names, values: Float64Array.from(values) };
}
