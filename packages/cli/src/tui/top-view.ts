/**
 * The screen of `mon top` as lines of styled text. Pure: state and size in, lines out.
 *
 * From the top: one line of summary, a fault and firing alerts if any, the host list, the selected
 * host's charts where there is room, one line of keys.
 */
import { formatDurationMs } from '@mon/storage/model/duration';
import { formatAge } from '../print/number.ts';
import { cutLine, type Line, lineWidth, type Span } from '../print/span.ts';
import { formatTime, type TimeZone } from '../print/time-axis.ts';
import { displayWidth, visible } from '../print/width.ts';
import { chartLines } from './host-charts.ts';
import { listLines } from './host-list.ts';
import { HELP } from './top-keys.ts';
import { type FiringAlert, silentSeconds, type TopState } from './top-state.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface TopFrame {
  readonly size: ScreenSize;
  readonly server: string;
  readonly intervalMs: number;
  readonly zone: TimeZone;
}

const ALERT_ROWS_MAX = 3;
const LIST_ROWS_MIN = 3;
/** A chart is its title, at least two rows of dots, and two of axis. */
const CHART_ROWS_MIN = 5;
const CHART_ROWS_MAX = 14;
const CHART_COLUMNS_MIN = 32;
const CHART_COLUMNS_WIDE = 40;

/** How the rows of the screen are dealt out. */
export interface TopLayout {
  readonly alertRows: number;
  readonly listRows: number;
  /** Charts beside each other, rows of each, and bands of charts; no band where there is no room. */
  readonly chartColumns: number;
  readonly chartRows: number;
  readonly bands: number;
}

/** Deals out the rows: charts get what the list leaves, and at least two thirds if they fit. */
export function topLayout(state: TopState, { columns, rows }: ScreenSize): TopLayout {
  const faultRows = state.fault === undefined ? 0 : 1;
  const alertRows = Math.min(state.alerts.length, rows < 20 ? 1 : ALERT_ROWS_MAX);
  // Summary, list header and footer are always there.
  const free = Math.max(0, rows - 3 - faultRows - alertRows);
  const chartColumns = chartsAbreast(columns);
  const listWanted = Math.max(LIST_ROWS_MIN, state.hosts.length);
  // One row names the host above its charts.
  const forCharts = Math.max(free - listWanted, Math.floor((free * 2) / 3)) - 1;
  const bands = Math.min(4 / chartColumns, Math.floor(forCharts / CHART_ROWS_MIN));
  if (bands < 1 || free - forCharts - 1 < LIST_ROWS_MIN) {
    return { alertRows, listRows: free, chartColumns, chartRows: 0, bands: 0 };
  }
  const chartRows = Math.min(CHART_ROWS_MAX, Math.floor(forCharts / bands));
  return { alertRows, listRows: free - 1 - chartRows * bands, chartColumns, chartRows, bands };
}

function chartsAbreast(columns: number): 1 | 2 | 4 {
  if (columns >= 4 * CHART_COLUMNS_WIDE) return 4;
  return columns >= 2 * CHART_COLUMNS_MIN ? 2 : 1;
}

/** Exactly `size.rows` lines, none wider than `size.columns`. */
export function topView(state: TopState, frame: TopFrame): Line[] {
  const { columns, rows } = frame.size;
  const layout = topLayout(state, frame.size);
  const lines: Line[] = [summaryLine(state, frame)];
  if (state.fault !== undefined) lines.push(faultLine(state.fault));
  if (state.showsHelp) lines.push(...helpLines());
  else {
    lines.push(...alertLines(state, layout.alertRows));
    lines.push(...listLines(state, columns, layout.listRows));
    const { zone } = frame;
    if (layout.bands > 0) lines.push(...chartLines(state, { ...layout, columns, zone }));
  }
  const body = lines.slice(0, rows - 1);
  while (body.length < rows - 1) body.push([]);
  return [...body, footerLine(state, columns)].map((line) => cutLine(line, columns));
}

function summaryLine(state: TopState, { size, server, intervalMs, zone }: TopFrame): Line {
  const hosts = state.hosts.length === 1 ? '1 host' : `${state.hosts.length} hosts`;
  const left: Span[] = [
    { text: 'mon top', bold: true },
    { text: `  ${server.replace(/^http:\/\//, '')}`, dim: true },
    { text: `  ${hosts}` },
  ];
  const silent = state.hosts.filter((row) => silentSeconds(row, state.nowMs) !== undefined).length;
  if (silent > 0) left.push({ text: `, ${silent} silent`, color: 'yellow' });
  const count = state.alerts.length;
  if (count > 0) {
    const noun = count === 1 ? 'alert' : 'alerts';
    left.push({ text: '  ' }, { text: `${count} ${noun} firing`, color: 'red', bold: true });
  }
  const clock = state.nowMs === 0 ? '' : formatTime(state.nowMs, zone).slice(11);
  const pace = state.isPaused ? 'paused' : `every ${formatDurationMs(intervalMs)}`;
  const right = `${clock}  ${pace}`;
  const room = size.columns - lineWidth(left) - displayWidth(right);
  if (room < 1) return left;
  return [...left, { text: ' '.repeat(room) }, { text: right, dim: !state.isPaused }];
}

function faultLine(fault: string): Line {
  return [{ text: `Trying again. ${visible(fault)}`, color: 'red' }];
}

function alertLines({ alerts, nowMs }: TopState, rows: number): Line[] {
  const shown = alerts.length > rows ? rows - 1 : rows;
  const lines = alerts.slice(0, Math.max(0, shown)).map((alert) => alertLine(alert, nowMs));
  if (alerts.length > rows && rows > 0) {
    const rest = alerts.length - Math.max(0, shown);
    lines.push([{ text: `▲ ${rest} more alerts firing: mon alerts list`, color: 'red' }]);
  }
  return lines;
}

function alertLine(
  { name, severity, host, summary, activeAtMs }: FiringAlert,
  nowMs: number,
): Line {
  const since = formatAge(Math.max(0, (nowMs - activeAtMs) / 1000));
  const place = host === '' ? '' : ` on ${host}`;
  const level = severity === '' ? '' : ` (${severity})`;
  return [
    { text: `▲ ${visible(name)}`, color: 'red', bold: true },
    { text: `${visible(place)}${visible(level)} for ${since}`, color: 'red' },
    { text: summary === '' ? '' : `  ${visible(summary)}`, dim: true },
  ];
}

function helpLines(): Line[] {
  const width = HELP.reduce((most, [keys]) => Math.max(most, keys.length), 0);
  return [
    [],
    ...HELP.map(
      ([keys, meaning]): Line => [
        { text: `  ${keys.padEnd(width)}`, bold: true },
        { text: `  ${meaning}` },
      ],
    ),
    [],
    [{ text: '  CPU is time neither idle nor waiting for disks. DISK and NET are bytes a' }],
    [{ text: '  second, both ways. FULL is the fullest filesystem.' }],
  ];
}

function footerLine(state: TopState, columns: number): Line {
  if (state.isFiltering) {
    return [
      { text: 'Filter: ', bold: true },
      { text: state.filter },
      { text: '▏', color: 'cyan' },
      { text: '  Enter keeps it, Esc shows all', dim: true },
    ];
  }
  if (state.showsHelp)
    return keySpans([
      ['?', 'back'],
      ['q', 'quit'],
    ]);
  const keys: [string, string][] = [
    ['q', 'quit'],
    ['?', 'help'],
    ['↑↓', 'host'],
    ['/', state.filter === '' ? 'filter' : `filter: ${state.filter}`],
    ['s', `order: ${state.sort}`],
    ['r', 'reverse'],
    ['+-', `${formatDurationMs(state.windowMs)}`],
    ['space', state.isPaused ? 'go on' : 'pause'],
  ];
  while (lineWidth(keySpans(keys)) > columns) keys.pop();
  return keySpans(keys);
}

function keySpans(keys: readonly (readonly [string, string])[]): Line {
  return keys.flatMap(([key, meaning], i) => [
    { text: `${i === 0 ? '' : '  '}` },
    { text: ` ${key} `, inverse: true },
    { text: ` ${meaning}` },
  ]);
}
