/**
 * Where the bytes of a data directory are, as tables.
 */
import type { DirectoryStats, PartBytes } from '@mon/storage/care/directory-stats';
import { formatBytes, formatPlain, formatSi } from './number.ts';
import { formatTimeRange } from './storage-time.ts';
import { formatTable, type TableColumn } from './table.ts';

const BAR_WIDTH = 24;
const BAR_PIECES = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

const PART_NAMES: readonly (readonly [part: keyof PartBytes, text: string])[] = [
  ['values', 'values'],
  ['timestamps', 'timestamps'],
  ['series', 'series index'],
  ['labels', 'labels'],
  ['postings', 'postings'],
  ['aggregates', 'aggregates'],
  ['histograms', 'native histograms'],
  ['exemplars', 'exemplars'],
  ['other', 'header, catalogs'],
  ['overhead', 'LevelDB overhead'],
];

export function formatStorageStats(stats: DirectoryStats, width: number): string {
  const sections = [placesTable(stats, width)];
  if (stats.blocks.length > 0) sections.push(blocksTable(stats, width), partsTable(stats, width));
  const { topMetrics, topLabels, topPairs } = stats;
  if (topMetrics.length > 0) sections.push(metricsTable(stats, width));
  if (topLabels.length > 0) sections.push(labelsTable(stats, width));
  if (topPairs.length > 0) sections.push(pairsTable(stats, width));
  return sections.join('\n');
}

function placesTable({ places, bytes }: DirectoryStats, width: number): string {
  const rows = places.map((place) => [
    place.name,
    formatBytes(place.bytes),
    shareText(place.bytes, bytes),
    bar(place.bytes, bytes),
  ]);
  return table(width, [left('place'), right('size'), right('share'), left('')], rows);
}

function blocksTable({ blocks }: DirectoryStats, width: number): string {
  const rows = blocks.map(({ id, tier, minTimeMs, maxTimeMs, series, samples, bytes }) => [
    id,
    tier,
    formatTimeRange(minTimeMs, maxTimeMs),
    formatSi(series),
    formatSi(samples),
    formatBytes(bytes),
    perSample(bytes, samples),
  ]);
  const columns = [left('directory'), left('tier'), left('time (UTC)'), right('series')];
  return table(width, [...columns, right('samples'), right('size'), right('B/sample')], rows);
}

function partsTable({ parts, samples }: DirectoryStats, width: number): string {
  const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  const rows = PART_NAMES.filter(([part]) => parts[part] > 0).map(([part, text]) => [
    text,
    formatBytes(parts[part]),
    perSample(parts[part], samples),
    shareText(parts[part], total),
    bar(parts[part], total),
  ]);
  rows.push(['all', formatBytes(total), perSample(total, samples), '', '']);
  const columns = [left('part'), right('size'), right('B/sample'), right('share'), left('')];
  return table(width, columns, rows);
}

function metricsTable({ topMetrics }: DirectoryStats, width: number): string {
  const hasTenants = new Set(topMetrics.map(({ tenant }) => tenant)).size > 1;
  const rows = topMetrics.map(({ tenant, metric, series, samples, bytes }) => [
    metric === '' ? '(no name)' : metric,
    ...(hasTenants ? [tenant] : []),
    formatSi(series),
    formatSi(samples),
    formatBytes(bytes),
    perSample(bytes, samples),
  ]);
  const first = [left('metric'), ...(hasTenants ? [left('tenant')] : [])];
  const columns = [...first, right('series'), right('samples'), right('values'), right('B/sample')];
  return table(width, columns, rows);
}

function labelsTable({ topLabels }: DirectoryStats, width: number): string {
  const rows = topLabels.map(({ name, values, bytes }) => [
    name,
    formatSi(values),
    formatBytes(bytes),
  ]);
  return table(width, [left('label'), right('values'), right('text')], rows);
}

function pairsTable({ topPairs }: DirectoryStats, width: number): string {
  const rows = topPairs.map(({ name, value, series }) => [
    `${name}=${JSON.stringify(value)}`,
    formatSi(series),
  ]);
  return table(width, [left('label pair'), right('series')], rows);
}

function table(width: number, columns: readonly TableColumn[], rows: readonly string[][]): string {
  return formatTable(columns, rows, width);
}

const left = (title: string): TableColumn => ({ title, align: 'left' });
const right = (title: string): TableColumn => ({ title, align: 'right' });

function perSample(bytes: number, samples: number): string {
  return samples === 0 ? '' : formatPlain(bytes / samples);
}

function shareText(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)}%`;
}

/** A bar in eighths of a column. */
function bar(part: number, whole: number): string {
  if (whole === 0) return '';
  const eighths = Math.round((8 * BAR_WIDTH * part) / whole);
  return '█'.repeat(eighths >> 3) + (BAR_PIECES[eighths & 7] ?? '');
}
