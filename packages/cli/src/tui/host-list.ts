/**
 * The host list of `mon top`: a header and a row a host, the selected one in view.
 */
import { formatAge } from '../print/number.ts';
import type { Line, Span } from '../print/span.ts';
import { cutToWidth, padEnd, padStart, visible } from '../print/width.ts';
import { fittingColumns, type HostColumn } from './host-columns.ts';
import type { HostRow } from './host-queries.ts';
import {
  alertCounts,
  selectedIndex,
  shownHosts,
  silentSeconds,
  type TopState,
} from './top-state.ts';

const HOST_WIDTH_MIN = 12;
const HOST_WIDTH_MAX = 40;

/** Header and `rows` hosts around the selected one. */
export function listLines(state: TopState, columns: number, rows: number): Line[] {
  const gap = columns >= 100 ? 2 : 1;
  const marker = 2;
  const fitting = fittingColumns(columns - marker, { gap, hostWidthMin: HOST_WIDTH_MIN });
  const taken = fitting.reduce((width, column) => width + column.width + gap, marker);
  const hostWidth = Math.min(HOST_WIDTH_MAX, columns - taken);
  const shown = shownHosts(state);
  const selected = selectedIndex(state, shown);
  const first = Math.max(0, Math.min(shown.length - rows, selected - (rows >> 1)));
  const counts = alertCounts(state.alerts);
  const lines = shown.slice(first, first + rows).map((row, i) =>
    hostLine(row, {
      isSelected: first + i === selected,
      columns: fitting,
      hostWidth,
      gap,
      nowMs: state.nowMs,
      alerts: counts.get(row.host) ?? 0,
    }),
  );
  if (shown.length === 0) lines.push([{ text: `  ${emptyText(state)}`, dim: true }]);
  while (lines.length < rows) lines.push([]);
  return [headerLine(state, { columns: fitting, hostWidth, gap }), ...lines];
}

function emptyText(state: TopState): string {
  if (!state.isLoaded) return 'Waiting for the server ...';
  if (state.filter !== '') return `No host name contains ${JSON.stringify(state.filter)}.`;
  return 'No host sends node_ metrics. Start an agent: `mon up` or `mon agent run`.';
}

interface ListPlace {
  readonly columns: readonly HostColumn[];
  readonly hostWidth: number;
  readonly gap: number;
}

function headerLine(state: TopState, { columns, hostWidth, gap }: ListPlace): Line {
  const arrow = state.isReversed ? '▲' : '▼';
  const title = (text: string, isSort: boolean) => (isSort ? `${arrow}${text}` : text);
  const spans: Span[] = [
    {
      text: padEnd(`  ${title('HOST', state.sort === 'host')}`, hostWidth + 2),
      bold: true,
      dim: state.sort !== 'host',
    },
  ];
  for (const column of columns) {
    const isSort = column.sort !== undefined && column.sort === state.sort;
    const text = padStart(title(column.title, isSort), column.width + gap);
    spans.push({ text, bold: true, dim: !isSort });
  }
  return spans;
}

interface HostPlace extends ListPlace {
  readonly isSelected: boolean;
  readonly nowMs: number;
  readonly alerts: number;
}

function hostLine(row: HostRow, place: HostPlace): Line {
  const { columns, hostWidth, gap, isSelected, nowMs, alerts } = place;
  const silence = silentSeconds(row, nowMs);
  const name = padEnd(cutToWidth(visible(row.host), hostWidth), hostWidth);
  const spans: Span[] = [
    { text: isSelected ? '▶ ' : '  ', color: 'cyan' },
    { text: name, bold: isSelected, dim: silence !== undefined },
  ];
  if (silence !== undefined) {
    spans.push({ text: `${' '.repeat(gap)}no samples for ${formatAge(silence)}`, color: 'yellow' });
    return spans;
  }
  for (const { width, cell } of columns) {
    const span = cell(row, { nowMs, alerts });
    spans.push({ ...span, text: padStart(cutToWidth(visible(span.text), width), width + gap) });
  }
  return spans;
}
