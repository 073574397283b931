/**
 * Which group each series of an aggregation belongs to.
 */
import {
  compareText,
  dropLabels,
  keepLabels,
  type Labels,
  labelsKey,
  METRIC_NAME,
} from '@mon/storage/model/labels';

export interface GroupingClause {
  readonly grouping: readonly string[];
  readonly without: boolean;
}

/** Numbers groups 0, 1, ... in the order their first series comes. */
export class Grouping {
  readonly #names: ReadonlySet<string>;
  readonly #sortedNames: readonly string[];
  readonly #without: boolean;
  readonly #groups = new Map<string, number>();
  readonly #labels: Labels[] = [];

  constructor({ grouping, without }: GroupingClause) {
    this.#names = new Set(without ? [...grouping, METRIC_NAME] : grouping);
    this.#sortedNames = [...this.#names].sort(compareText);
    this.#without = without;
  }

  /** [groups] the labels of each group. */
  get labels(): readonly Labels[] {
    return this.#labels;
  }

  /** The number of the group that a series with these labels belongs to. */
  groupOf(labels: Labels): number {
    const key = this.#keyOf(labels);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = this.#labels.length;
    this.#groups.set(key, group);
    this.#labels.push(this.#groupLabels(labels));
    return group;
  }

  #groupLabels(labels: Labels): Labels {
    return this.#without ? dropLabels(labels, this.#names) : keepLabels(labels, this.#names);
  }

  /** Equal for equal groups. `by` walks names and labels together, both being sorted. */
  #keyOf(labels: Labels): string {
    if (this.#without) return labelsKey(dropLabels(labels, this.#names));
    let key = '';
    let at = 0;
    for (const name of this.#sortedNames) {
      while (at < labels.length && (labels[at] as string) < name) at += 2;
      // U+0000 stands in no label value; it also marks a missing label.
      key += labels[at] === name ? `${labels[at + 1]}\u0000` : '\u0000';
    }
    return key;
  }
}
