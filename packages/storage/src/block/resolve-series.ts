/**
 * Which series of a block pass all matchers: by the index as far as that is the shorter way, by
 * looking at the labels of what is left for the rest.
 */

import { PAIRS_PER_PAGE } from '../index/label-page.ts';
import {
  countOrdinals,
  intersectRuns,
  NO_ORDINALS,
  type OrdinalRuns,
  rangeRuns,
  subtractRuns,
  uniteRuns,
} from '../index/ordinal-runs.ts';
import { indexOfText, type TenantCatalog } from '../index/tenant-catalog.ts';
import { compareText, METRIC_NAME } from '../model/labels.ts';
import { literalAlternatives, type Matcher, type ValueTest, valueTest } from '../model/matcher.ts';
import type { BlockPages } from './block-pages.ts';

export interface ResolvedSeries {
  readonly ordinals: OrdinalRuns;
  /** Tests that the labels of each series must still pass. */
  readonly rest: readonly LabelTest[];
}

/** A test on the value of one label, whose pairs are [firstPair, endPair). */
export interface LabelTest {
  readonly firstPair: number;
  readonly endPair: number;
  readonly test: ValueTest;
  /** Whether a series without the label passes. */
  readonly takesMissing: boolean;
}

/**
 * Testing a value of the index (its text, its postings) costs about so many times looking at one
 * series.
 */
const PAIR_COST = 4;

/** @throws MonError `bad-regex`, `corrupt-block` */
export function resolveSeries(
  pages: BlockPages,
  catalog: TenantCatalog,
  matchers: readonly Matcher[],
): ResolvedSeries {
  const resolving = new Resolving(pages, catalog);
  const others = matchers.filter((matcher) => !resolving.takeMetric(matcher));
  const rest = others.filter((matcher) => !resolving.takeLiterals(matcher));
  const tests = rest.flatMap((matcher) => resolving.takeTested(matcher));
  return { ordinals: resolving.ordinals, rest: tests };
}

class Resolving {
  readonly #pages: BlockPages;
  readonly #catalog: TenantCatalog;
  ordinals: OrdinalRuns;

  constructor(pages: BlockPages, catalog: TenantCatalog) {
    this.#pages = pages;
    this.#catalog = catalog;
    this.ordinals = rangeRuns(catalog.firstSeries, catalog.endSeries);
  }

  /** Matchers of the metric's name go by the catalog alone. */
  takeMetric(matcher: Matcher): boolean {
    if (matcher.name !== METRIC_NAME) return false;
    const { metrics, metricStarts } = this.#catalog;
    const wanted: OrdinalRuns[] = [];
    const take = (i: number) =>
      wanted.push(rangeRuns(metricStarts[i] as number, metricStarts[i + 1] as number));
    if (matcher.kind === '=') {
      const i = indexOfText(metrics, matcher.value);
      if (i >= 0) take(i);
    } else {
      const test = valueTest(matcher);
      metrics.forEach((metric, i) => {
        if (test(metric)) take(i);
      });
    }
    this.ordinals = intersectRuns(this.ordinals, uniteRuns(wanted));
    return true;
  }

  /** `=`, `!=` and alternations of literals: each value is looked up. */
  takeLiterals(matcher: Matcher): boolean {
    const { kind, name, value } = matcher;
    const isEqual = kind === '=' || kind === '!=';
    const literals = isEqual ? new Set([value]) : literalAlternatives(value);
    // The empty value means that the label is missing: no pair says so.
    if (literals === undefined || literals.has('')) return false;
    const found = [...literals].map((literal) => this.#postingsOf(name, literal));
    const matching = uniteRuns(found);
    this.ordinals =
      kind === '=' || kind === '=~'
        ? intersectRuns(this.ordinals, matching)
        : subtractRuns(this.ordinals, matching);
    return true;
  }

  /** All others: each value of the label is tested, or it is left for the labels of the series. */
  takeTested(matcher: Matcher): LabelTest[] {
    const test = valueTest(matcher);
    const takesMissing = test('');
    const { names, firstPairs, endPairs } = this.#catalog;
    const i = indexOfText(names, matcher.name);
    if (i < 0) {
      if (!takesMissing) this.ordinals = NO_ORDINALS;
      return [];
    }
    const firstPair = firstPairs[i] as number;
    const endPair = endPairs[i] as number;
    if ((endPair - firstPair) * PAIR_COST > countOrdinals(this.ordinals)) {
      return [{ firstPair, endPair, test, takesMissing }];
    }
    // Whichever side of the test a missing label is on, the pairs tell the other side.
    const told = this.#pairsWhere(firstPair, endPair, (value) => test(value) !== takesMissing);
    const runs = uniteRuns(told.map((pair) => this.#pages.postings(pair)));
    this.ordinals = takesMissing
      ? subtractRuns(this.ordinals, runs)
      : intersectRuns(this.ordinals, runs);
    return [];
  }

  #pairsWhere(firstPair: number, endPair: number, test: ValueTest): number[] {
    const pairs: number[] = [];
    for (let pair = firstPair; pair < endPair; pair++) {
      const { values } = this.#pages.labelPage(Math.floor(pair / PAIRS_PER_PAGE));
      if (test(values[pair % PAIRS_PER_PAGE] as string)) pairs.push(pair);
    }
    return pairs;
  }

  #postingsOf(name: string, value: string): OrdinalRuns {
    const i = indexOfText(this.#catalog.names, name);
    if (i < 0) return NO_ORDINALS;
    const pair = this.#findPair(
      value,
      this.#catalog.firstPairs[i] as number,
      this.#catalog.endPairs[i] as number,
    );
    return pair < 0 ? NO_ORDINALS : this.#pages.postings(pair);
  }

  /** The pair of a value among the pairs of its label, or -1. */
  #findPair(value: string, firstPair: number, endPair: number): number {
    // First the page: the last one whose first pair, where it is of this label, is not above.
    let page = Math.floor(firstPair / PAIRS_PER_PAGE);
    let beyond = Math.floor((endPair - 1) / PAIRS_PER_PAGE) + 1;
    while (beyond - page > 1) {
      const middle = (page + beyond) >>> 1;
      if (compareText(this.#pages.firstPairOf(middle).value, value) <= 0) page = middle;
      else beyond = middle;
    }
    const { values } = this.#pages.labelPage(page);
    let low = Math.max(0, firstPair - page * PAIRS_PER_PAGE);
    let high = Math.min(values.length, endPair - page * PAIRS_PER_PAGE);
    const end = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareText(values[middle] as string, value) < 0) low = middle + 1;
      else high = middle;
    }
    return low < end && values[low] === value ? page * PAIRS_PER_PAGE + low : -1;
  }
}
