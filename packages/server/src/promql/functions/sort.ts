/**
 * The order of rows: sort, sort_desc, sort_by_label, sort_by_label_desc.
 *
 * Order is part of an answer only where there is one step; over more steps results are ordered by
 * labels, and these functions leave the rows as they are.
 */
import { compareLabels, type Labels, labelValue } from '@mon/storage/model/labels';
import { emptyMatrix, type SeriesMatrix } from '../batch.ts';
import { compareNatural } from './natural-order.ts';
import { matrixArg, stringArg, type VectorCall, type VectorFunction } from './vector-function.ts';

/** By value, NaN last. */
export const sort: VectorFunction = (call) => {
  const matrix = matrixArg(call, 0);
  return ordered(matrix, byValue(matrix, 1));
};

/** By value, highest first, NaN last. */
export const sortDesc: VectorFunction = (call) => {
  const matrix = matrixArg(call, 0);
  return ordered(matrix, byValue(matrix, -1));
};

/** By the named labels in turn, in natural order; then by all labels. */
export const sortByLabel: VectorFunction = (call) => {
  const matrix = matrixArg(call, 0);
  return ordered(matrix, byLabels(matrix, namesOf(call)));
};

export const sortByLabelDesc: VectorFunction = (call) => {
  const matrix = matrixArg(call, 0);
  const compare = byLabels(matrix, namesOf(call));
  return ordered(matrix, (a, b) => compare(b, a));
};

type RowOrder = (a: number, b: number) => number;

function byValue({ values }: SeriesMatrix, direction: 1 | -1): RowOrder {
  return (a, b) => {
    const [valueA, valueB] = [values[a] as number, values[b] as number];
    if (Number.isNaN(valueA) || Number.isNaN(valueB)) {
      return Number(Number.isNaN(valueA)) - Number(Number.isNaN(valueB));
    }
    return valueA === valueB ? 0 : direction * (valueA < valueB ? -1 : 1);
  };
}

function namesOf(call: VectorCall): string[] {
  return call.args.slice(1).map((_, i) => stringArg(call, i + 1));
}

function byLabels({ labels }: SeriesMatrix, names: readonly string[]): RowOrder {
  return (a, b) => {
    const [setA, setB] = [labels[a] as Labels, labels[b] as Labels];
    for (const name of names) {
      const order = compareNatural(labelValue(setA, name), labelValue(setB, name));
      if (order !== 0) return order;
    }
    return compareLabels(setA, setB);
  };
}

function ordered(matrix: SeriesMatrix, compare: RowOrder): SeriesMatrix {
  if (matrix.steps !== 1) return matrix;
  const rows = matrix.labels.map((_, row) => row).sort(compare);
  const sorted = emptyMatrix(
    rows.map((row) => matrix.labels[row] as Labels),
    1,
  );
  rows.forEach((row, to) => {
    sorted.values[to] = matrix.values[row] as number;
    sorted.presence[to] = matrix.presence[row] as number;
    sorted.dropName[to] = matrix.dropName[row] as number;
  });
  return sorted;
}
