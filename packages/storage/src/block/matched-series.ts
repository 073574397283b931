/**
 * Walks the series of a block that a question is about, in order, page by page.
 */

import { PAIRS_PER_PAGE } from '../index/label-page.ts';
import { shardOf } from '../index/series-hash.ts';
import { SERIES_PER_PAGE, type SeriesPage } from '../index/series-page.ts';
import { assert } from '../model/assert.ts';
import type { BlockPages } from './block-pages.ts';
import type { BlockSelection, ShardShare } from './block-selection.ts';
import { type LabelTest, type ResolvedSeries, resolveSeries } from './resolve-series.ts';

/** A series by its place: row `row` of a page. */
export interface MatchedSeries {
  readonly page: SeriesPage;
  readonly row: number;
}

/**
 * Series of the selection that have a sample at or after its start and one at or before its end.
 *
 * @throws MonError `bad-regex`, `corrupt-block`
 */
export async function matchedSeries(
  pages: BlockPages,
  selection: BlockSelection,
): Promise<Iterable<MatchedSeries>> {
  const { header } = pages;
  if (selection.startMs > header.maxTimeMs || selection.endMs < header.minTimeMs) return [];
  const catalog = await pages.catalog(selection.tenant);
  if (catalog === undefined) return [];
  return seriesOf(pages, resolveSeries(pages, catalog, selection.matchers), selection);
}

/** The same for ordinals that are known already. */
export function* seriesOf(
  pages: BlockPages,
  { ordinals, rest }: ResolvedSeries,
  limits: { readonly startMs: number; readonly endMs: number; readonly shard: ShardShare },
): Generator<MatchedSeries> {
  const { startMs, endMs, shard } = limits;
  const tests = rest.map((test) => new PairTest(pages, test));
  for (let i = 0; i < ordinals.length; i += 2) {
    const end = ordinals[i + 1] as number;
    for (let ordinal = ordinals[i] as number; ordinal < end; ) {
      const number = Math.floor(ordinal / SERIES_PER_PAGE);
      const page = pages.seriesPage(number);
      const pageStart = number * SERIES_PER_PAGE;
      const pageEnd = Math.min(end, pageStart + page.count);
      assert(ordinal < pageEnd, `series page ${number} ends before series ${ordinal}`);
      for (; ordinal < pageEnd; ordinal++) {
        const row = ordinal - pageStart;
        if ((page.firstSeen[row] as number) > endMs) continue;
        if ((page.lastSeen[row] as number) < startMs) continue;
        if (shardOf(page.shardHashes[row] as number, shard.count) !== shard.index) continue;
        if (tests.every((test) => test.passes(page, row))) yield { page, row };
      }
    }
  }
}

/** A test on one label, run once per distinct value. */
class PairTest {
  readonly #pages: BlockPages;
  readonly #labelTest: LabelTest;
  readonly #outcomes = new Map<number, boolean>();

  constructor(pages: BlockPages, labelTest: LabelTest) {
    this.#pages = pages;
    this.#labelTest = labelTest;
  }

  passes(page: SeriesPage, row: number): boolean {
    const { firstPair, endPair, test, takesMissing } = this.#labelTest;
    const end = page.pairStarts[row + 1] as number;
    for (let at = page.pairStarts[row] as number; at < end; at++) {
      const pair = page.pairs[at] as number;
      if (pair < firstPair) continue;
      if (pair >= endPair) break;
      let outcome = this.#outcomes.get(pair);
      if (outcome === undefined) {
        const { values } = this.#pages.labelPage(Math.floor(pair / PAIRS_PER_PAGE));
        outcome = test(values[pair % PAIRS_PER_PAGE] as string);
        this.#outcomes.set(pair, outcome);
      }
      return outcome;
    }
    return takesMissing;
  }
}
