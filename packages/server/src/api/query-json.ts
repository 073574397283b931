/**
 * Writes a query's outcome as Prometheus's JSON, series by series, so that a large matrix is never
 * one string.
 */
import { ByteReader } from '@mon/storage/encoding/byte-reader';
import { decodeHistogram } from '@mon/storage/encoding/histogram-bytes';
import { entryBytes, type HistogramRun } from '@mon/storage/model/histogram-run';
import type { Labels } from '@mon/storage/model/labels';
import type {
  MatrixResult,
  QueryOutcome,
  QueryResult,
  RawMatrixResult,
  VectorResult,
} from '../promql/query-result.ts';
import { histogramJson } from './histogram-json.ts';
import { timeText, valueText } from './number-text.ts';

export interface OutcomeView {
  /** Series after this many are left out; 0 for all. */
  readonly limit: number;
  /** Whether `stats` stand beside the result. */
  readonly withStats: boolean;
}

/** The whole answer: `{"status":"success","data":{...},"warnings":[...]}`. */
export function* outcomeJson(outcome: QueryOutcome, view: OutcomeView): Generator<string> {
  const { result, annotations, stats } = outcome;
  yield '{"status":"success","data":';
  yield* resultJson(result, view.limit);
  if (view.withStats) yield `,"stats":${JSON.stringify(statsJson(stats))}`;
  yield '}';
  const texts = (kind: 'warning' | 'info'): string[] =>
    annotations.filter((annotation) => annotation.kind === kind).map(({ text }) => text);
  const warnings = texts('warning');
  const total = seriesCount(result);
  if (view.limit > 0 && total > view.limit) warnings.push('results truncated due to limit');
  if (warnings.length > 0) yield `,"warnings":${JSON.stringify(warnings)}`;
  const infos = texts('info');
  if (infos.length > 0) yield `,"infos":${JSON.stringify(infos)}`;
  yield '}';
}

function statsJson(stats: QueryOutcome['stats']): unknown {
  return {
    timings: { execTotalTime: stats.elapsedMs / 1000 },
    samples: { totalQueryableSamples: stats.samplesRead },
    seriesRead: stats.seriesRead,
  };
}

function seriesCount(result: QueryResult): number {
  return 'labels' in result ? result.labels.length : 1;
}

/** Yields `{"resultType":...,"result":...` without the closing brace. */
function* resultJson(result: QueryResult, limit: number): Generator<string> {
  switch (result.kind) {
    case 'scalar':
      yield `{"resultType":"scalar","result":[${timeText(result.timeMs)},"${valueText(result.value)}"]`;
      return;
    case 'string':
      yield `{"resultType":"string","result":[${timeText(result.timeMs)},${JSON.stringify(result.value)}]`;
      return;
    case 'vector':
      yield '{"resultType":"vector","result":[';
      yield* vectorJson(result, limit);
      yield ']';
      return;
    case 'matrix':
      yield '{"resultType":"matrix","result":[';
      yield* matrixJson(result, limit);
      yield ']';
      return;
    case 'raw-matrix':
      yield '{"resultType":"matrix","result":[';
      yield* rawMatrixJson(result, limit);
      yield ']';
      return;
  }
}

function taken(labels: readonly Labels[], limit: number): number {
  return limit > 0 ? Math.min(limit, labels.length) : labels.length;
}

function* vectorJson({ labels, values, timeMs }: VectorResult, limit: number): Generator<string> {
  const time = timeText(timeMs);
  for (let i = 0, n = taken(labels, limit); i < n; i++) {
    const metric = labelsJson(labels[i] as Labels);
    const value = valueText(values[i] as number);
    yield `${i === 0 ? '' : ','}{"metric":${metric},"value":[${time},"${value}"]}`;
  }
}

function* matrixJson(result: MatrixResult, limit: number): Generator<string> {
  const { labels, values, presence, steps, startMs, stepMs } = result;
  const openings: string[] = [];
  for (let step = 0; step < steps; step++) openings.push(`[${timeText(startMs + step * stepMs)},"`);
  for (let i = 0, n = taken(labels, limit); i < n; i++) {
    let points = '';
    for (let step = 0, at = i * steps; step < steps; step++, at++) {
      if (presence[at] === 0) continue;
      points += `${points === '' ? '' : ','}${openings[step]}${valueText(values[at] as number)}"]`;
    }
    yield entryJson(labels[i] as Labels, points, i === 0);
  }
}

function* rawMatrixJson(result: RawMatrixResult, limit: number): Generator<string> {
  const { labels, timestampsMs, values } = result;
  // Series of one scrape share their timestamp column: its text is made once.
  let column: Float64Array | undefined;
  let openings: string[] = [];
  for (let i = 0, n = taken(labels, limit); i < n; i++) {
    const times = timestampsMs[i] as Float64Array;
    const row = values[i] as Float64Array;
    if (times !== column) {
      column = times;
      openings = Array.from(times, (timeMs) => `[${timeText(timeMs)},"`);
    }
    let points = '';
    for (let k = 0; k < row.length; k++) {
      points += `${k === 0 ? '' : ','}${openings[k]}${valueText(row[k] as number)}"]`;
    }
    const run = result.histograms?.[i];
    const histograms = run === undefined ? '' : histogramPoints(run);
    const entry = entryJson(labels[i] as Labels, points, i === 0);
    if (histograms === '') yield entry;
    else yield `${entry.slice(0, -1)},"histograms":[${histograms}]}`;
  }
}

/** Times and histograms of a series, staleness markers left out. */
function histogramPoints(run: HistogramRun): string {
  let points = '';
  run.timestampsMs.forEach((timeMs, i) => {
    const histogram = decodeHistogram(new ByteReader(entryBytes(run, i)));
    if (histogram.isStale) return;
    points += `${points === '' ? '' : ','}[${timeText(timeMs)},${histogramJson(histogram)}]`;
  });
  return points;
}

function entryJson(labels: Labels, points: string, isFirst: boolean): string {
  return `${isFirst ? '' : ','}{"metric":${labelsJson(labels)},"values":[${points}]}`;
}

/** `{"__name__":"up","job":"a"}` */
export function labelsJson(labels: Labels): string {
  let text = '';
  for (let i = 0; i < labels.length; i += 2) {
    text += `${i === 0 ? '' : ','}${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`;
  }
  return `{${text}}`;
}
