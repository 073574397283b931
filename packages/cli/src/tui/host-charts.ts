/**
 * The charts of the selected host in `mon top`: CPU, memory, network, disk, under the host's name.
 */
import { formatDurationMs } from '@mon/storage/model/duration';
import { drawChart, lastValue } from '../print/chart.ts';
import { formatAge, formatNumber, formatShortPercent, type Unit } from '../print/number.ts';
import { cutLine, type Line, lineWidth, type Span, seriesColor } from '../print/span.ts';
import type { TimeZone } from '../print/time-axis.ts';
import { cutToWidth, displayWidth, visible } from '../print/width.ts';
import type { HostGraph, HostRow } from './host-queries.ts';
import { type HostHistory, selectedHost, type TopState } from './top-state.ts';

export interface ChartsPlace {
  readonly columns: number;
  readonly zone: TimeZone;
  /** Charts beside each other, rows of each, and bands of charts. */
  readonly chartColumns: number;
  readonly chartRows: number;
  readonly bands: number;
}

interface ChartKind {
  readonly graph: HostGraph;
  readonly title: string;
  readonly unit: Unit;
  readonly range?: { readonly min: number; readonly max: number };
}

const PERCENT_RANGE = { min: 0, max: 100 };
const CHARTS: readonly ChartKind[] = [
  { graph: 'cpu', title: 'CPU', unit: 'percent', range: PERCENT_RANGE },
  { graph: 'memory', title: 'Memory', unit: 'percent', range: PERCENT_RANGE },
  { graph: 'network', title: 'Network', unit: 'bytes/s' },
  { graph: 'disk', title: 'Disk', unit: 'bytes/s' },
];

/** The selected host's name and charts. */
export function chartLines(state: TopState, place: ChartsPlace): Line[] {
  const { columns, chartColumns, chartRows, bands, zone } = place;
  const host = selectedHost(state);
  const title = host === undefined ? '' : hostTitle(host, state);
  const lines: Line[] = [ruleLine(title, columns)];
  const history = state.history?.host === host?.host ? state.history : undefined;
  const gap = 2;
  const width = Math.floor((columns - gap * (chartColumns - 1)) / chartColumns);
  for (let band = 0; band < bands; band++) {
    const kinds = CHARTS.slice(band * chartColumns, (band + 1) * chartColumns);
    const charts = kinds.map((kind) =>
      hostChart(kind, history, { width, height: chartRows, zone }),
    );
    for (let row = 0; row < chartRows; row++) {
      lines.push(
        charts.flatMap((chart, i) => {
          const line = cutLine(chart[row] ?? [], width);
          const isLast = i === charts.length - 1;
          const padding = width - lineWidth(line) + gap;
          return isLast ? [...line] : [...line, { text: ' '.repeat(padding) }];
        }),
      );
    }
  }
  return lines;
}

function hostTitle(host: HostRow, state: TopState): string {
  const { cores, memoryBytes, bootSeconds, filesystemPercent, mountpoint } = host;
  const facts = [
    cores === undefined ? '' : `${cores} ${cores === 1 ? 'core' : 'cores'}`,
    memoryBytes === undefined ? '' : formatNumber(memoryBytes, 'bytes'),
    bootSeconds === undefined ? '' : `up ${formatAge(state.nowMs / 1000 - bootSeconds)}`,
    filesystemPercent === undefined || mountpoint === undefined
      ? ''
      : `${mountpoint} ${formatShortPercent(filesystemPercent)} full`,
    `last ${formatDurationMs(state.windowMs)}`,
  ];
  return visible(`${host.host}  ${facts.filter((fact) => fact !== '').join(', ')}`);
}

function ruleLine(title: string, columns: number): Line {
  const shown = cutToWidth(title, Math.max(0, columns - 6));
  const rest = Math.max(0, columns - displayWidth(shown) - 5);
  return [
    { text: '── ', dim: true },
    { text: shown, bold: true },
    { text: ` ${'─'.repeat(rest)}─`, dim: true },
  ];
}

interface ChartPlace {
  readonly width: number;
  readonly height: number;
  readonly zone: TimeZone;
}

function hostChart(kind: ChartKind, history: HostHistory | undefined, place: ChartPlace): Line[] {
  const series = history?.graphs[kind.graph] ?? [];
  const isSingle = series.length === 1;
  const figures: Span[] = series.flatMap((one, i) => {
    const last = lastValue(one);
    const value = last === undefined ? '-' : figureText(last, kind.unit);
    return [{ text: isSingle ? `  ${value}` : `  ${one.name} ${value}`, color: seriesColor(i) }];
  });
  const title: Line = [{ text: kind.title, bold: true }, ...figures];
  if (history === undefined) return [title];
  const chart = drawChart({
    startMs: history.startMs,
    endMs: history.endMs,
    gapMs: history.stepMs * 1.5,
    series,
    unit: kind.unit,
    zone: place.zone,
    width: place.width,
    height: place.height - 1,
    ...(kind.range === undefined ? {} : { range: kind.range }),
  });
  return [title, ...chart];
}

function figureText(value: number, unit: Unit): string {
  return unit === 'percent' ? formatShortPercent(value) : formatNumber(value, unit);
}
