/**
 * Labels of series on their way to maintenance: pairs by number, the text of each once in a cut.
 * Strings are made per pair, none per series.
 */
import { pairAt, type SeriesTable } from '../head/series-table.ts';
import type { NumberedLabels } from '../querier/series-page.ts';

export class CutLabels {
  readonly #table: SeriesTable;
  /** By pair id: its number in the stream + 1, or 0. Ids of frozen series are all below its end. */
  readonly #numbers: Uint32Array;
  #count = 0;
  #pairs: string[] = [];
  #labelPairs: number[] = [];
  #labelOffsets: number[] = [0];

  constructor(table: SeriesTable) {
    this.#table = table;
    this.#numbers = new Uint32Array(table.pairs.idsEnd);
  }

  add(ref: number): void {
    const { pairs, space } = this.#table;
    const { bytes } = space;
    const from = this.#table.pairsAt(ref);
    const to = from + 3 * this.#table.labelCount(ref);
    for (let at = from; at < to; at += 3) {
      const pair = pairAt(bytes, at);
      let number = this.#numbers[pair] as number;
      if (number === 0) {
        number = ++this.#count;
        this.#numbers[pair] = number;
        this.#pairs.push(pairs.name(pair), pairs.value(pair));
      }
      this.#labelPairs.push(number - 1);
    }
    this.#labelOffsets.push(this.#labelPairs.length);
  }

  /** Those added since the last call. */
  take(): NumberedLabels {
    const taken = {
      pairs: this.#pairs,
      labelPairs: Uint32Array.from(this.#labelPairs),
      labelOffsets: Uint32Array.from(this.#labelOffsets),
    };
    this.#pairs = [];
    this.#labelPairs = [];
    this.#labelOffsets = [0];
    return taken;
  }
}
