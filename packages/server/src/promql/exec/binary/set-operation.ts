/**
 * and, or, unless: rows of the left, or of the right, by whether the other side has a row of the
 * same match group at that step.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../../batch.ts';
import type { BinaryOperator, VectorMatching } from '../../parser/ast.ts';
import { KeyedRows } from '../keyed-rows.ts';
import type { QueryRun } from '../query-run.ts';
import { matchRows } from './matched-rows.ts';

export interface VectorPair {
  readonly left: SeriesMatrix;
  readonly right: SeriesMatrix;
}

/** Writes into the presence of both sides. */
export async function setOperation(
  operator: BinaryOperator,
  { left, right }: VectorPair,
  { matching, run }: { readonly matching: VectorMatching; readonly run: QueryRun },
): Promise<SeriesMatrix> {
  const { steps } = left;
  const isOr = operator === 'or';
  // What decides (the other side) and what is masked by it.
  const [decider, masked] = isOr ? [left, right] : [right, left];
  const keepsWhere = operator === 'and' ? 1 : 0;
  const decided = new Uint8Array(steps);
  for (const group of matchRows(left, right, matching)) {
    const [deciders, maskeds] = isOr ? [group.left, group.right] : [group.right, group.left];
    if (maskeds.length === 0) continue;
    decided.fill(0);
    for (const row of deciders) {
      for (let step = 0; step < steps; step++) {
        if (decider.presence[row * steps + step] === 1) decided[step] = 1;
      }
    }
    for (const row of maskeds) {
      for (let step = 0; step < steps; step++) {
        if (decided[step] !== keepsWhere) masked.presence[row * steps + step] = 0;
      }
    }
    if (run.isBreathDue()) await run.breathe();
  }
  return isOr ? unionOfRows({ left, right }, run) : left;
}

/** The rows of both sides; a series that both have becomes one row, the left side's value first. */
function unionOfRows({ left, right }: VectorPair, run: QueryRun): SeriesMatrix {
  const { steps } = left;
  const union = new KeyedRows(steps, run);
  for (const side of [left, right]) {
    for (const [row, labels] of side.labels.entries()) {
      const to = union.rowOf(labels as Labels, side.dropName[row] as number) * steps;
      const { values, presence } = union;
      for (let step = 0; step < steps; step++) {
        if (side.presence[row * steps + step] === 0 || presence[to + step] === 1) continue;
        values[to + step] = side.values[row * steps + step] as number;
        presence[to + step] = 1;
      }
    }
  }
  return union.toMatrix();
}
