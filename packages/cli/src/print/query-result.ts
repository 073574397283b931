/**
 * A query's result, as the API answers it, in each form that `mon query -o` names.
 *
 * Values and times stay the server's own text in JSON, YAML and CSV; in tables and charts times are
 * local.
 */
import type {
  JsonLabels,
  JsonMatrixEntry,
  JsonQueryResult,
  JsonSample,
  JsonVectorEntry,
} from '@mon/server/api/responses';
import { compareText, formatLabels, labelsFromRecord } from '@mon/storage/model/labels';
import { Document, isScalar, visit } from 'yaml';
import { seriesLetter } from './chart.ts';
import { formatCsv } from './csv.ts';
import { formatTable } from './table.ts';
import { formatTime, type TimeZone } from './time-axis.ts';
import { visible } from './width.ts';

const METRIC_NAME = '__name__';
/** Up to so many series stand side by side in a table of a range; more stand one below the other. */
const SIDE_BY_SIDE_MAX = 6;

/** `{"resultType":...,"result":[...]}`, a series a line. */
export function resultJson({ resultType, result }: JsonQueryResult): string {
  if (resultType === 'scalar' || resultType === 'string' || result.length === 0) {
    return `${JSON.stringify({ resultType, result })}\n`;
  }
  const entries = result.map((entry) => `  ${JSON.stringify(entry)}`);
  return `{"resultType":${JSON.stringify(resultType)},"result":[\n${entries.join(',\n')}\n]}\n`;
}

/** The same document as YAML, a sample a line. */
export function resultYaml(result: JsonQueryResult): string {
  const document = new Document(result);
  visit(document, {
    Seq: (_, sequence) => {
      if (sequence.items.length > 0 && sequence.items.every(isScalar)) sequence.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** A line a sample: each label a column, then time in seconds and value. */
export function resultCsv(result: JsonQueryResult): string {
  if (result.resultType !== 'vector' && result.resultType !== 'matrix') {
    return formatCsv(['time', 'value'], [result.result.map(String)]);
  }
  const metrics = result.result.map(({ metric }) => metric);
  const names = labelNames(metrics);
  const rows: string[][] = [];
  for (const entry of result.result) {
    const labels = names.map((name) => entry.metric[name] ?? '');
    for (const sample of samplesOf(entry)) rows.push([...labels, ...sample.map(String)]);
  }
  return formatCsv([...names, 'time', 'value'], rows);
}

function samplesOf(entry: JsonVectorEntry | JsonMatrixEntry): readonly JsonSample[] {
  return 'values' in entry ? entry.values : [entry.value];
}

export interface TableOptions {
  readonly zone: TimeZone;
  /** Columns of the terminal; where the labels do not fit as columns, they stand in one. */
  readonly width: number;
}

/** The table; empty where there is no series. */
export function resultTable(result: JsonQueryResult, options: TableOptions): string {
  if (result.result.length === 0) return '';
  switch (result.resultType) {
    case 'vector':
      return vectorTable(result.result, options);
    case 'matrix':
      return result.result.length <= SIDE_BY_SIDE_MAX
        ? wideMatrixTable(result.result, options)
        : longMatrixTable(result.result, options);
    default:
      return `${visible(result.result[1])}\n`;
  }
}

function vectorTable(entries: readonly JsonVectorEntry[], { width }: TableOptions): string {
  const names = labelNames(entries.map(({ metric }) => metric));
  const table = formatTable(
    [
      ...names.map((name) => ({
        title: name === METRIC_NAME ? 'metric' : name,
        align: 'left' as const,
      })),
      { title: 'value', align: 'right' },
    ],
    entries.map(({ metric, value }) => [...names.map((name) => metric[name] ?? ''), value[1]]),
  );
  const isWide = table.split('\n').some((line) => [...line].length > width);
  if (names.length > 0 && !isWide) return table;
  return formatTable(
    [
      { title: 'series', align: 'left' },
      { title: 'value', align: 'right' },
    ],
    entries.map(({ metric, value }) => [seriesName(metric), value[1]]),
  );
}

/** Times down, series across under letters that a list above the table explains. */
function wideMatrixTable(entries: readonly JsonMatrixEntry[], { zone }: TableOptions): string {
  const isSingle = entries.length === 1;
  const legend = entries.map(({ metric }, i) =>
    isSingle ? visible(seriesName(metric)) : `${seriesLetter(i)}  ${visible(seriesName(metric))}`,
  );
  const rows = new Map<number, string[]>();
  entries.forEach(({ values }, column) => {
    for (const [time, value] of values) {
      const row = rows.get(time) ?? entries.map(() => '');
      row[column] = value;
      rows.set(time, row);
    }
  });
  const times = [...rows.keys()].sort((a, b) => a - b);
  const table = formatTable(
    [
      { title: 'time', align: 'left' },
      ...entries.map((_, i) => ({
        title: isSingle ? 'value' : seriesLetter(i),
        align: 'right' as const,
      })),
    ],
    times.map((time) => [formatTime(time * 1000, zone), ...(rows.get(time) ?? [])]),
  );
  return `${legend.join('\n')}\n\n${table}`;
}

/** One block a series. */
function longMatrixTable(entries: readonly JsonMatrixEntry[], { zone }: TableOptions): string {
  return entries
    .map(({ metric, values }) => {
      const lines = values.map(([time, value]) => `${formatTime(time * 1000, zone)}  ${value}`);
      return `${visible(seriesName(metric))}\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

/** A series as PromQL writes it; `{}` where it has no labels. */
export function seriesName(metric: JsonLabels): string {
  return formatLabels(labelsFromRecord(metric));
}

/** All label names, the metric's name first. */
function labelNames(metrics: readonly JsonLabels[]): string[] {
  const names = new Set<string>();
  for (const metric of metrics) for (const name of Object.keys(metric)) names.add(name);
  const isNamed = names.delete(METRIC_NAME);
  const rest = [...names].sort(compareText);
  return isNamed ? [METRIC_NAME, ...rest] : rest;
}
