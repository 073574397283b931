/**
 * A matrix as a dashboard reads it: one list of values a series over the common grid, under a key
 * made of what tells the series apart.
 */
import { type Labels, METRIC_NAME } from '@mon/storage/model/labels';
import type { MatrixResult } from '../promql/query-result.ts';
import { valueText } from './number-text.ts';

/** null: no sample; text: a value that JSON has no number for, `NaN`, `+Inf`, `-Inf`. */
export type DashboardValue = number | string | null;

/** The common grid: `steps` points from `startMs` on. */
export interface DashboardGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

/** @param id the query's, the key of a series without labels */
export function dashboardSeries(
  result: MatrixResult,
  grid: DashboardGrid,
  id: string,
): Record<string, DashboardValue[]> {
  const keys = seriesKeys(result.labels, id);
  const shift = (result.startMs - grid.startMs) / grid.stepMs;
  return Object.fromEntries(
    keys.map((key, row) => {
      const values: DashboardValue[] = new Array(grid.steps).fill(null);
      for (let step = 0, at = row * result.steps; step < result.steps; step++, at++) {
        if (result.presence[at] !== 0)
          values[step + shift] = jsonValue(result.values[at] as number);
      }
      return [key, values];
    }),
  );
}

function jsonValue(value: number): DashboardValue {
  return Number.isFinite(value) ? value : valueText(value);
}

/**
 * `web-1` for one label, `a=x,b=y` for several, the id for none. The metric's name is part of it
 * only where it is needed to tell two series apart; so are the names of single labels.
 */
function seriesKeys(labels: readonly Labels[], id: string): string[] {
  const forms = [
    (pairs: Labels) => shortKey(withoutName(pairs), id),
    (pairs: Labels) => shortKey(pairs, id),
  ];
  for (const form of forms) {
    const keys = labels.map(form);
    if (new Set(keys).size === keys.length) return keys;
  }
  return labels.map((pairs) => longKey(pairs) || id);
}

function shortKey(pairs: Labels, id: string): string {
  if (pairs.length === 0) return id;
  return pairs.length === 2 ? (pairs[1] as string) : longKey(pairs);
}

function longKey(pairs: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) parts.push(`${pairs[i]}=${pairs[i + 1]}`);
  return parts.join(',');
}

function withoutName(pairs: Labels): Labels {
  const at = pairs.indexOf(METRIC_NAME);
  return at < 0 || at % 2 !== 0 ? pairs : [...pairs.slice(0, at), ...pairs.slice(at + 2)];
}
