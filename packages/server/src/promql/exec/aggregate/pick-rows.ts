/**
 * topk, bottomk, limitk, limit_ratio: some of the values of each group, under their own labels.
 *
 * Series of equal value are taken in the order of their labels, so that the answer does not depend
 * on the order in which storage gives them.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../../batch.ts';
import { queryFailed } from '../query-errors.ts';
import type { QueryRun } from '../query-run.ts';
import { groupRows } from './grouped-rows.ts';
import type { GroupingClause } from './grouping.ts';
import { TopRows } from './top-rows.ts';

/** Beyond it a count of Go's int64 has no room. */
const COUNT_MAX = 2 ** 63;

/**
 * @param counts [steps] how many values of each group to take
 * @throws MonError `query-failed`
 */
export async function topOfRows(
  matrix: SeriesMatrix,
  pick: {
    readonly operator: 'topk' | 'bottomk' | 'limitk';
    readonly clause: GroupingClause;
    readonly counts: Float64Array;
  },
  run: QueryRun,
): Promise<SeriesMatrix> {
  checkCounts(pick.counts);
  const { steps, values, presence } = matrix;
  const groups = groupRows(matrix, pick.clause);
  const kept = new Uint8Array(presence.length);
  const ranks = new Int32Array(matrix.labels.length);
  let place = 0;
  for (const rows of groups.rows) for (const row of rows) ranks[row] = place++;
  const top = new TopRows(pick.operator, ranks);
  const order: number[] = [];
  for (const rows of groups.rows) {
    for (let step = 0; step < steps; step++) {
      top.reset(Math.min(rows.length, Math.trunc(pick.counts[step] as number)));
      for (const row of rows) {
        const cell = row * steps + step;
        if (presence[cell] === 1) top.offer(values[cell] as number, row);
      }
      const best = top.take();
      for (const row of best) kept[row * steps + step] = 1;
      if (steps === 1) order.push(...best);
      if (run.isBreathDue()) await run.breathe();
    }
  }
  const picked = { ...matrix, presence: kept };
  return steps === 1 ? inOrder(picked, order) : picked;
}

/** @throws MonError `query-failed` */
function checkCounts(counts: Float64Array): void {
  for (const count of counts) {
    if (Number.isNaN(count)) throw queryFailed('Parameter value is NaN');
    if (count >= COUNT_MAX) throw queryFailed(`Scalar value ${count} overflows int64`);
    if (count <= -COUNT_MAX) throw queryFailed(`Scalar value ${count} underflows int64`);
  }
}

/** The rows of an instant query in the order of `order`. */
function inOrder(matrix: SeriesMatrix, order: readonly number[]): SeriesMatrix {
  return {
    labels: order.map((row) => matrix.labels[row] as Labels),
    dropName: Uint8Array.from(order, (row) => matrix.dropName[row] as number),
    values: Float64Array.from(order, (row) => matrix.values[row] as number),
    presence: new Uint8Array(order.length).fill(1),
    steps: 1,
  };
}

/**
 * limit_ratio: a share of the series, chosen by a hash of their labels. A negative ratio -r takes
 * what 1 - r leaves.
 *
 * @param ratios [steps]
 * @throws MonError `query-failed`
 */
export function ratioOfRows(matrix: SeriesMatrix, ratios: Float64Array): SeriesMatrix {
  const { steps, presence, labels } = matrix;
  const kept = new Uint8Array(presence.length);
  if (ratios.some((ratio) => Number.isNaN(ratio))) throw queryFailed('Ratio value is NaN');
  for (const [row, ofRow] of labels.entries()) {
    const share = labelsShare(ofRow);
    for (let step = 0; step < steps; step++) {
      const ratio = ratios[step] as number;
      const isTaken = ratio >= 0 ? share < ratio : share >= 1 + ratio;
      if (isTaken) kept[row * steps + step] = presence[row * steps + step] as number;
    }
  }
  return { ...matrix, presence: kept };
}

/** A number in [0, 1) that is spread evenly over label sets: FNV-1a with a final mix. */
function labelsShare(labels: Labels): number {
  let hash = 0x811c9dc5;
  for (const text of labels) {
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ 0xffff, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
