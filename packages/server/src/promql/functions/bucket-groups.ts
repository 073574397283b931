/**
 * Rows of a vector that are buckets of the same classic histogram: equal but for `le`.
 */
import {
  type Labels,
  labelsKey,
  labelValue,
  METRIC_NAME,
  withLabel,
} from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../batch.ts';
import type { Buckets } from './buckets.ts';
import { badBucketText } from './remark-texts.ts';
import type { VectorNote } from './vector-function.ts';

export const BUCKET_LABEL = 'le';

/** One histogram: its rows with their bounds, ascending. */
export interface BucketGroup {
  /** Without `le`. */
  readonly labels: Labels;
  readonly rows: readonly number[];
  /** [rows] upper bound of each row; equal ones stand side by side */
  readonly bounds: readonly number[];
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** Sorts rows into histograms; a row whose `le` is no number is noted and left out. */
export function groupBuckets(
  { labels, presence, steps }: SeriesMatrix,
  arg: number,
  note: (note: VectorNote) => void,
): BucketGroup[] {
  const groups = new Map<string, { labels: Labels; buckets: { row: number; bound: number }[] }>();
  labels.forEach((set, row) => {
    const text = labelValue(set, BUCKET_LABEL);
    const bound = parseBound(text);
    if (bound === undefined) {
      if (presence.subarray(row * steps, (row + 1) * steps).includes(1)) {
        const metric = labelValue(set, METRIC_NAME);
        note({ kind: 'warning', text: badBucketText(metric, text), arg });
      }
      return;
    }
    const rest = withLabel(set, BUCKET_LABEL, '');
    const key = labelsKey(rest);
    const group = groups.get(key) ?? { labels: rest, buckets: [] };
    groups.set(key, group);
    group.buckets.push({ row, bound });
  });
  return [...groups.values()].map(({ labels: rest, buckets }) => {
    buckets.sort((a, b) => (a.bound < b.bound ? -1 : a.bound > b.bound ? 1 : 0));
    return {
      labels: rest,
      rows: buckets.map(({ row }) => row),
      bounds: buckets.map(({ bound }) => bound),
    };
  });
}

/** The bound that an `le` names, or undefined where it names none. */
export function parseBound(text: string): number | undefined {
  const infinite = INFINITE.exec(text);
  if (infinite !== null) {
    return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return FLOAT.test(text) ? Number(text) : undefined;
}

/** The buckets of a group that have a value at a step, rows of equal bounds added up. */
export function bucketsAt(
  { rows, bounds }: BucketGroup,
  { values, presence, steps }: SeriesMatrix,
  step: number,
): Buckets {
  const [presentBounds, counts] = [new Float64Array(rows.length), new Float64Array(rows.length)];
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const cell = (rows[i] as number) * steps + step;
    if (presence[cell] === 0) continue;
    const bound = bounds[i] as number;
    if (count > 0 && presentBounds[count - 1] === bound) {
      counts[count - 1] = (counts[count - 1] as number) + (values[cell] as number);
      continue;
    }
    presentBounds[count] = bound;
    counts[count++] = values[cell] as number;
  }
  return { bounds: presentBounds.subarray(0, count), counts: counts.subarray(0, count) };
}
