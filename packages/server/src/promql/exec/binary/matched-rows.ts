/**
 * Which rows of two vectors belong together: both sides by match group.
 */
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesMatrix } from '../../batch.ts';
import type { VectorMatching } from '../../parser/ast.ts';
import { Grouping } from '../aggregate/grouping.ts';

export interface MatchGroup {
  /** The labels matched on. */
  readonly labels: Labels;
  readonly left: number[];
  readonly right: number[];
}

/** All match groups, in the order of their first row, left before right. */
export function matchRows(
  left: SeriesMatrix,
  right: SeriesMatrix,
  matching: VectorMatching,
): MatchGroup[] {
  // `ignoring` looks past the metric name too, exactly as `without` does.
  const grouping = new Grouping({ grouping: matching.labels, without: !matching.on });
  const groups: MatchGroup[] = [];
  const groupOf = (labels: Labels): MatchGroup => {
    const number = grouping.groupOf(labels);
    const group = groups[number] ?? {
      labels: grouping.labels[number] as Labels,
      left: [],
      right: [],
    };
    groups[number] = group;
    return group;
  };
  for (const [row, labels] of left.labels.entries()) groupOf(labels).left.push(row);
  for (const [row, labels] of right.labels.entries()) groupOf(labels).right.push(row);
  return groups;
}
