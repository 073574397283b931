/**
 * Columns of the host list: which fit the width, and what each shows of a host.
 */
import { bar } from '../print/bar.ts';
import { formatAge, formatShortBytes, formatShortPercent } from '../print/number.ts';
import type { Color, Span } from '../print/span.ts';
import type { HostRow } from './host-queries.ts';
import { type Sort, sum } from './top-state.ts';

/** What a cell needs beside the host's figures. */
export interface CellContext {
  readonly nowMs: number;
  /** Firing alerts of the host. */
  readonly alerts: number;
}

export interface HostColumn {
  readonly title: string;
  readonly width: number;
  readonly sort?: Sort;
  /** Lower ones stay when the terminal is narrow. */
  readonly rank: number;
  /** Only in terminals at least this wide; `widthMax` the other way. */
  readonly widthMin?: number;
  readonly widthMax?: number;
  readonly cell: (row: HostRow, context: CellContext) => Span;
}

const BAR_WIDTH = 5;
/** From here on, reads and writes stand apart. */
const WIDE = 100;
const VERY_WIDE = 130;

const COLUMNS: readonly HostColumn[] = [
  percentColumn({ title: 'CPU', sort: 'cpu', rank: 1 }, (row) => row.cpuPercent, [70, 90]),
  percentColumn({ title: 'MEMORY', sort: 'memory', rank: 2 }, (row) => row.memoryPercent, [85, 95]),
  {
    title: 'LOAD',
    width: 5,
    sort: 'load',
    rank: 3,
    cell: ({ load, cores }) => ({
      text: load === undefined ? '-' : loadText(load),
      color: warningColor(share(load, cores), [1, 2]),
    }),
  },
  bytesColumn({ title: 'DISK', sort: 'disk', rank: 5, widthMax: WIDE - 1 }, (row) =>
    sum(row.diskReadBytes, row.diskWriteBytes),
  ),
  bytesColumn({ title: 'READ', rank: 5, widthMin: WIDE }, (row) => row.diskReadBytes),
  bytesColumn(
    { title: 'WRITE', sort: 'disk', rank: 5, widthMin: WIDE },
    (row) => row.diskWriteBytes,
  ),
  {
    title: 'FULL',
    width: 5,
    sort: 'full',
    rank: 4,
    cell: ({ filesystemPercent: percent }) => ({
      text: percent === undefined ? '-' : formatShortPercent(percent),
      color: warningColor(percent, [80, 90]),
    }),
  },
  {
    title: 'MOUNT',
    width: 14,
    rank: 8,
    widthMin: VERY_WIDE,
    cell: ({ mountpoint }) => ({ text: mountpoint ?? '-', dim: true }),
  },
  bytesColumn({ title: 'NET', sort: 'network', rank: 6, widthMax: WIDE - 1 }, (row) =>
    sum(row.receiveBytes, row.transmitBytes),
  ),
  bytesColumn({ title: 'IN', rank: 6, widthMin: WIDE }, (row) => row.receiveBytes),
  bytesColumn(
    { title: 'OUT', sort: 'network', rank: 6, widthMin: WIDE },
    (row) => row.transmitBytes,
  ),
  {
    title: 'UP',
    width: 6,
    rank: 9,
    widthMin: WIDE,
    cell: ({ bootSeconds }, { nowMs }) => ({
      text: bootSeconds === undefined ? '-' : shortAge(nowMs / 1000 - bootSeconds),
    }),
  },
  {
    title: 'ALERTS',
    width: 6,
    sort: 'alerts',
    rank: 7,
    cell: (_, { alerts }) => ({
      text: alerts === 0 ? '' : String(alerts),
      color: 'red',
      bold: true,
    }),
  },
];

type ColumnHead = Pick<HostColumn, 'title' | 'sort' | 'rank' | 'widthMin' | 'widthMax'>;
/** Warning, alarm. */
type Thresholds = readonly [number, number];

function percentColumn(
  head: ColumnHead,
  of: (row: HostRow) => number | undefined,
  thresholds: Thresholds,
): HostColumn {
  return {
    ...head,
    width: BAR_WIDTH + 5,
    cell: (row) => {
      const percent = of(row);
      const text = percent === undefined ? '-' : formatShortPercent(percent);
      const drawn = bar(percent === undefined ? undefined : percent / 100, BAR_WIDTH);
      return { text: `${drawn} ${text.padStart(4)}`, color: warningColor(percent, thresholds) };
    },
  };
}

function bytesColumn(head: ColumnHead, of: (row: HostRow) => number | undefined): HostColumn {
  return {
    ...head,
    width: 5,
    cell: (row) => {
      const bytes = of(row);
      return { text: bytes === undefined ? '-' : formatShortBytes(bytes) };
    },
  };
}

/** The columns that fit beside a host name of at least `hostWidthMin`, in order. */
export function fittingColumns(
  width: number,
  { gap, hostWidthMin }: { readonly gap: number; readonly hostWidthMin: number },
): HostColumn[] {
  const candidates = COLUMNS.filter(
    ({ widthMin = 0, widthMax = Number.POSITIVE_INFINITY }) =>
      width >= widthMin && width <= widthMax,
  );
  let room = width - hostWidthMin;
  const kept = new Set<HostColumn>();
  for (const column of candidates.toSorted((a, b) => a.rank - b.rank)) {
    room -= column.width + gap;
    if (room >= 0) kept.add(column);
  }
  return candidates.filter((column) => kept.has(column));
}

/** Green is no colour: only what wants attention stands out. */
function warningColor(value: number | undefined, [warning, alarm]: Thresholds): Color | undefined {
  if (value === undefined || Number.isNaN(value) || value < warning) return undefined;
  return value >= alarm ? 'red' : 'yellow';
}

function share(load: number | undefined, cores: number | undefined): number | undefined {
  return load === undefined || cores === undefined || cores === 0 ? undefined : load / cores;
}

function loadText(load: number): string {
  return load < 99.95 ? load.toFixed(load < 9.995 ? 2 : 1) : load.toFixed(0);
}

/** At most six columns: a day and more in days. */
function shortAge(seconds: number): string {
  return seconds >= 100 * 86400 ? `${Math.floor(seconds / 86400)}d` : formatAge(seconds);
}
