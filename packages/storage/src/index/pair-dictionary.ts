/**
 * Gives label pairs numbers in the order they come while a block is written, and their final
 * numbers, by name and value, when all are known.
 *
 * Holds every distinct pair of the block in memory: the one part of writing whose size follows the
 * number of distinct label values rather than a limit.
 */
import { compareText, type Labels } from '../model/labels.ts';

export class PairDictionary {
  readonly #byName = new Map<string, Map<string, number>>();
  #count = 0;
  /** The series before, and the numbers of its pairs. */
  #last: Labels = [];
  readonly #numbers: number[] = [];

  get count(): number {
    return this.#count;
  }

  /** The numbers of a series' pairs, in label order; they hold until the next call. */
  numbersOf(labels: Labels): readonly number[] {
    const numbers = this.#numbers;
    const last = this.#last;
    for (let i = 0; i < labels.length; i += 2) {
      // Neighbours have most pairs in common.
      if (labels[i + 1] === last[i + 1] && labels[i] === last[i]) continue;
      numbers[i / 2] = this.#numberOf(labels[i] as string, labels[i + 1] as string);
    }
    numbers.length = labels.length / 2;
    this.#last = labels;
    return numbers;
  }

  #numberOf(name: string, value: string): number {
    let values = this.#byName.get(name);
    if (values === undefined) {
      values = new Map();
      this.#byName.set(name, values);
    }
    let number = values.get(value);
    if (number === undefined) {
      number = this.#count++;
      values.set(value, number);
    }
    return number;
  }

  sorted(): SortedPairs {
    const names: string[] = [];
    const values: string[] = [];
    const firstNumbers = new Uint32Array(this.#count);
    const ranks = new Uint32Array(this.#count);
    for (const name of [...this.#byName.keys()].sort(compareText)) {
      const entries = [...(this.#byName.get(name) ?? [])];
      entries.sort(([a], [b]) => compareText(a, b));
      for (const [value, number] of entries) {
        ranks[number] = values.length;
        firstNumbers[values.length] = number;
        names.push(name);
        values.push(value);
      }
    }
    return { names, values, firstNumbers, ranks };
  }
}

/** All pairs by name and value. */
export interface SortedPairs {
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** By place in the order: the number the pair had before. */
  readonly firstNumbers: Uint32Array;
  /** By the number a pair had before: its place in the order. */
  readonly ranks: Uint32Array;
}
