/**
 * A range query's result as a chart with title and legend, in a terminal's width and height.
 */
import type { JsonMatrixEntry } from '@mon/server/api/responses';
import { formatDurationMs } from '@mon/storage/model/duration';
import { type ChartSeries, drawChart, drawLegend } from './chart.ts';
import type { Unit } from './number.ts';
import { seriesName } from './query-result.ts';
import type { Line } from './span.ts';
import { formatTime, type TimeZone } from './time-axis.ts';
import { cutToWidth, visible } from './width.ts';

export interface QueryGraph {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly unit: Unit;
  readonly zone: TimeZone;
  readonly width: number;
  readonly height: number;
}

/** More series than this are too many to tell apart; the others are left out. */
export const GRAPH_SERIES_MAX = 10;
const PLOT_HEIGHT_MIN = 6;
/** Title, and a blank line before the legend. */
const FRAME_ROWS = 2;

/** At most `height` lines, but for a plot of at least 6 rows and a legend line a series. */
export function drawQueryGraph(graph: QueryGraph, entries: readonly JsonMatrixEntry[]): Line[] {
  const { startMs, endMs, stepMs, unit, zone, width } = graph;
  const series = entries.slice(0, GRAPH_SERIES_MAX).map(chartSeries);
  const height = Math.max(PLOT_HEIGHT_MIN, graph.height - FRAME_ROWS - series.length);
  // Half a step of tolerance: times in JSON are rounded to milliseconds.
  const gapMs = stepMs * 1.5;
  const plot = drawChart({ startMs, endMs, gapMs, series, unit, zone, width, height });
  const legend = drawLegend({ series, unit, width });
  return [[{ text: title(graph), bold: true }], ...plot, ...legend];
}

function title({ query, startMs, endMs, stepMs, zone, width }: QueryGraph): string {
  const from = formatTime(startMs, zone);
  const to = formatTime(endMs, zone);
  const day = from.slice(0, 11);
  const until = to.startsWith(day) ? to.slice(11) : to;
  const times = `${from} to ${until}, step ${formatDurationMs(stepMs)}`;
  return `${cutToWidth(visible(query.trim()), Math.max(10, width - times.length - 2))}  ${times}`;
}

/** The samples of one entry as columns. */
export function chartSeries({ metric, values }: JsonMatrixEntry): ChartSeries {
  return {
    name: seriesName(metric),
    timesMs: Float64Array.from(values, ([time]) => time * 1000),
    values: Float64Array.from(values, ([, value]) => parseValue(value)),
  };
}

/** A sample's value as JSON has it. */
export function parseValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}
