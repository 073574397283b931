/**
 * Executes a plan and brings its answer into the form that callers read: names taken off, equal
 * rows made one, rows in order, rows without a value left out.
 */
import { compareLabels, type Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix, StepGrid } from '../batch.ts';
import type { QueryPlan, RangeSource } from '../plan/plan.ts';
import type { MatrixResult, QueryResult, RawMatrixResult, VectorResult } from '../query-result.ts';
import { dropNames } from './drop-names.ts';
import { Execution } from './execute.ts';
import type { QueryRun } from './query-run.ts';
import { RawSamples, type RawSeries, samplesOfRows } from './raw-samples.ts';
import { hasValue } from './row-sink.ts';

/** @param grid of the query itself */
export async function resultOf(
  plan: QueryPlan,
  grid: StepGrid,
  run: QueryRun,
): Promise<QueryResult> {
  const { root, isRangeQuery } = plan;
  const execution = new Execution(plan.scans, run);
  const { startMs: timeMs } = grid;
  switch (root.kind) {
    case 'string':
      return { kind: 'string', timeMs, value: root.value };
    case 'scalar': {
      const values = await execution.scalar(root.scalar);
      if (!isRangeQuery) return { kind: 'scalar', timeMs, value: values[0] as number };
      const presence = new Uint8Array(values.length).fill(1);
      return { kind: 'matrix', ...grid, labels: [[]], values, presence };
    }
    case 'samples':
      return samplesResult(await rawSeries(execution, root.source, run));
    case 'vector': {
      const rows = dropNames(await execution.rows(root.vector));
      if (isRangeQuery) return matrixResult(rows, grid);
      return vectorResult(rows, { timeMs, isOrdered: root.isOrdered });
    }
  }
}

async function rawSeries(
  execution: Execution,
  source: RangeSource,
  run: QueryRun,
): Promise<RawSeries[]> {
  if (source.kind === 'subquery') {
    const rows = dropNames(await execution.rows(source.vector));
    return samplesOfRows(rows, source.vector.grid);
  }
  const samples = new RawSamples(source, run);
  await execution.scans.read(source.read, samples);
  return samples.series;
}

function samplesResult(series: RawSeries[]): RawMatrixResult {
  series.sort((a, b) => compareLabels(a.labels, b.labels));
  return {
    kind: 'raw-matrix',
    labels: series.map(({ labels }) => labels),
    timestampsMs: series.map(({ timestampsMs }) => timestampsMs),
    values: series.map(({ values }) => values),
    histograms: series.map(({ histograms }) => histograms),
  };
}

function vectorResult(
  rows: SeriesMatrix,
  { timeMs, isOrdered }: { readonly timeMs: number; readonly isOrdered: boolean },
): VectorResult {
  const order = [...rows.labels.keys()].filter((row) => rows.presence[row] === 1);
  if (!isOrdered) sortByLabels(order, rows.labels);
  return {
    kind: 'vector',
    timeMs,
    labels: order.map((row) => rows.labels[row] as Labels),
    values: Float64Array.from(order, (row) => rows.values[row] as number),
  };
}

function matrixResult(rows: SeriesMatrix, grid: StepGrid): MatrixResult {
  const { steps } = rows;
  const order = [...rows.labels.keys()].filter((row) =>
    hasValue(rows.presence, row * steps, (row + 1) * steps),
  );
  sortByLabels(order, rows.labels);
  if (order.length === rows.labels.length && order.every((row, place) => row === place)) {
    const { labels, values, presence } = rows;
    return { kind: 'matrix', ...grid, labels, values, presence };
  }
  const values = new Float64Array(order.length * steps);
  const presence = new Uint8Array(order.length * steps);
  for (const [place, row] of order.entries()) {
    values.set(rows.values.subarray(row * steps, (row + 1) * steps), place * steps);
    presence.set(rows.presence.subarray(row * steps, (row + 1) * steps), place * steps);
  }
  const labels = order.map((row) => rows.labels[row] as Labels);
  return { kind: 'matrix', ...grid, labels, values, presence };
}

function sortByLabels(order: number[], labels: readonly Labels[]): void {
  order.sort((a, b) => compareLabels(labels[a] as Labels, labels[b] as Labels));
}
