/**
 * Line charts of braille dots: y axis with units, x axis with times, series in colours.
 *
 * A gap in a series is a gap in its line. Without colours the letters at the right edge tell the
 * series apart: each stands beside its series' last value, and the legend names it.
 */
import { BrailleCanvas } from './braille.ts';
import { formatNumber, type Unit } from './number.ts';
import { type Line, type Span, seriesColor } from './span.ts';
import { type TimeZone, timeTicks } from './time-axis.ts';
import { type ValueAxis, type ValueRange, valueAxis } from './value-axis.ts';
import { cutToWidth, displayWidth, padEnd, padStart, visible } from './width.ts';

export interface ChartSeries {
  readonly name: string;
  /** Mark at the right edge, where it is not to be `a`, `b`, ... */
  readonly letter?: string;
  /** [n] ascending */
  readonly timesMs: Float64Array;
  /** [n] */
  readonly values: Float64Array;
}

export interface Chart {
  /** The x axis' first and last time, both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  /** Neighbours further apart than this are not joined. */
  readonly gapMs: number;
  readonly series: readonly ChartSeries[];
  readonly unit: Unit;
  readonly zone: TimeZone;
  /** Columns and rows of the plot with its axes, legend apart. */
  readonly width: number;
  readonly height: number;
  /** Bounds of the y axis, where they are not to follow the values. */
  readonly range?: ValueRange;
}

const PLOT_WIDTH_MIN = 4;
const PLOT_HEIGHT_MIN = 1;
/** Rows under the plot: the axis and its labels. */
const AXIS_ROWS = 2;
/** Rows of plot to one tick of the y axis. */
const ROWS_PER_TICK = 2.5;

const LABEL_SHIFT_MAX = 2;

/** `chart.height` lines (at least 3). */
export function drawChart(chart: Chart): Line[] {
  const rows = Math.max(PLOT_HEIGHT_MIN, chart.height - AXIS_ROWS);
  const axis = yAxis(chart, rows);
  const labelWidth = axis.ticks.reduce((most, { label }) => Math.max(most, label.length), 0);
  const markerWidth = chart.series.length > 1 ? 2 : 0;
  const columns = Math.max(PLOT_WIDTH_MIN, chart.width - labelWidth - 2 - markerWidth);
  const canvas = new BrailleCanvas(columns, rows);
  const xOf = xScale(chart, canvas);
  const yOf = yScale(axis, canvas);
  chart.series.forEach((series, owner) => {
    drawSeries(series, { canvas, owner, xOf, yOf, gapMs: chart.gapMs });
  });
  const tickRows = new Map(axis.ticks.map(({ value, label }) => [yOf(value) >> 2, label]));
  const markers = markerRows(chart.series, yOf);
  const lines: Line[] = [];
  for (let row = 0; row < rows; row++) {
    const label = tickRows.get(row);
    lines.push([
      { text: padStart(label ?? '', labelWidth), dim: true },
      { text: label === undefined ? ' │' : ' ┤', dim: true },
      ...canvasSpans(canvas, row),
      ...markerSpans(chart.series, markers.get(row)),
    ]);
  }
  lines.push(...xAxisLines(chart, { columns, labelWidth, xOf }));
  return lines;
}

function yAxis(chart: Chart, rows: number): ValueAxis {
  const range = chart.range ?? rangeOf(chart.series) ?? { min: 0, max: 1 };
  const ticksMax = Math.max(2, Math.floor((rows - 1) / ROWS_PER_TICK) + 1);
  return valueAxis(range, ticksMax, chart.unit);
}

/** Smallest and largest finite value of all series, or undefined where there is none. */
export function rangeOf(series: readonly ChartSeries[]): ValueRange | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const { values } of series) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return min <= max ? { min, max } : undefined;
}

/** The dot column of a time; -1 and beyond for times outside the axis. */
function xScale({ startMs, endMs }: Chart, canvas: BrailleCanvas): (timeMs: number) => number {
  const last = canvas.dotColumns - 1;
  if (endMs <= startMs) return () => last >> 1;
  return (timeMs) => Math.round(((timeMs - startMs) / (endMs - startMs)) * last);
}

/** The dot row of a value; values outside the axis are clamped to its ends. */
function yScale(axis: ValueAxis, canvas: BrailleCanvas): (value: number) => number {
  const last = canvas.dotRows - 1;
  return (value) => {
    const share = (axis.max - value) / (axis.max - axis.min);
    return Math.round(Math.min(1, Math.max(0, share)) * last);
  };
}

interface Pen {
  readonly canvas: BrailleCanvas;
  readonly owner: number;
  readonly xOf: (timeMs: number) => number;
  readonly yOf: (value: number) => number;
  readonly gapMs: number;
}

function drawSeries({ timesMs, values }: ChartSeries, pen: Pen): void {
  let from: { x: number; y: number; timeMs: number } | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const timeMs = timesMs[i] as number;
    if (!Number.isFinite(value)) {
      from = undefined;
      continue;
    }
    const to = { x: pen.xOf(timeMs), y: pen.yOf(value), timeMs };
    const isJoined = from !== undefined && timeMs - from.timeMs <= pen.gapMs;
    pen.canvas.line(isJoined && from !== undefined ? from : to, to, pen.owner);
    from = to;
  }
}

/** One row of the canvas, cells of one colour joined. */
function canvasSpans(canvas: BrailleCanvas, row: number): Span[] {
  const spans: Span[] = [];
  let text = '';
  let owner = -1;
  for (let column = 0; column <= canvas.columns; column++) {
    const next = column < canvas.columns ? canvas.owner(column, row) : -2;
    if (next !== owner && text !== '') {
      spans.push(owner < 0 ? { text } : { text, color: seriesColor(owner) });
      text = '';
    }
    owner = next;
    if (column < canvas.columns) text += canvas.character(column, row);
  }
  return spans;
}

/** Row of the plot -> series whose last value is there; where several are, the first. */
function markerRows(
  series: readonly ChartSeries[],
  yOf: (value: number) => number,
): Map<number, number> {
  const rows = new Map<number, number>();
  if (series.length < 2) return rows;
  series.forEach((one, index) => {
    const last = lastValue(one);
    if (last === undefined || !Number.isFinite(last)) return;
    const row = yOf(last) >> 2;
    if (!rows.has(row)) rows.set(row, index);
  });
  return rows;
}

function markerSpans(series: readonly ChartSeries[], index: number | undefined): Span[] {
  if (index === undefined) return [];
  const letter = series[index]?.letter ?? seriesLetter(index);
  return [{ text: ' ' }, { text: letter, color: seriesColor(index) }];
}

/** `a` to `z`, then `A` to `Z`, then `*`. */
export function seriesLetter(index: number): string {
  return 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'[index] ?? '*';
}

interface XAxisPlace {
  readonly columns: number;
  readonly labelWidth: number;
  readonly xOf: (timeMs: number) => number;
}

function xAxisLines(chart: Chart, { columns, labelWidth, xOf }: XAxisPlace): Line[] {
  const rule = Array.from({ length: columns }, () => '─');
  let labels = '';
  for (const { timeMs, label } of timeTicks(chart, columns, chart.zone)) {
    const column = Math.min(columns - 1, xOf(timeMs) >> 1);
    const centred = Math.max(0, column - (label.length >> 1));
    const behind = labels === '' ? 0 : labels.length + 1;
    // A label may stand a little beside its tick rather than not at all.
    const free = behind > centred && behind - centred <= LABEL_SHIFT_MAX ? behind : centred;
    const from = Math.min(columns - label.length, free);
    if (from < behind) continue;
    rule[column] = '┬';
    labels = padEnd(labels, from) + label;
  }
  const indent = ' '.repeat(labelWidth + 1);
  return [
    [{ text: `${indent}└${rule.join('')}`, dim: true }],
    [{ text: `${indent} ${labels}`, dim: true }],
  ];
}

/** The newest value. */
export function lastValue({ values }: ChartSeries): number | undefined {
  return values[values.length - 1];
}

/** One line a series: letter, name, last, min, max. */
export function drawLegend(chart: Pick<Chart, 'series' | 'unit' | 'width'>): Line[] {
  const { series, unit, width } = chart;
  const figures = series.map((one) => {
    const range = rangeOf([one]);
    const last = lastValue(one);
    const show = (value: number | undefined) =>
      value === undefined ? '-' : formatNumber(value, unit);
    return [`last ${show(last)}`, `min ${show(range?.min)}`, `max ${show(range?.max)}`];
  });
  const widths = [0, 1, 2].map((i) =>
    figures.reduce((most, cells) => Math.max(most, cells[i]?.length ?? 0), 0),
  );
  const figuresWidth = widths.reduce((sum, cell) => sum + cell + 2, 0);
  const room = Math.max(8, width - 2 - figuresWidth);
  const names = series.map(({ name }) => cutToWidth(visible(name), room));
  const nameWidth = names.reduce((most, name) => Math.max(most, displayWidth(name)), 0);
  return series.map((_, i) => [
    { text: `${seriesLetter(i)} `, color: seriesColor(i), bold: true },
    { text: padEnd(names[i] ?? '', nameWidth) },
    {
      text: (figures[i] ?? []).map((cell, j) => `  ${padEnd(cell, widths[j] ?? 0)}`).join(''),
      dim: true,
    },
  ]);
}
