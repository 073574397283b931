/**
 * Builds the index of a block while its groups come by in order: series pages with preliminary pair
 * numbers as they fill; the rest when all pairs are known (`final-pages.ts`).
 */
import { assert } from '../model/assert.ts';
import { type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { FinalPages, type TenantSeries } from './final-pages.ts';
import { SERIES_MAX } from './ordinal-runs.ts';
import { PairDictionary } from './pair-dictionary.ts';
import { PendingPageWriter, type PendingSeries } from './pending-page.ts';
import { PostingsBuilder } from './postings-builder.ts';
import { SERIES_PER_PAGE, type SlotAxis } from './series-page.ts';

export interface IndexedSeries extends PendingSeries {
  readonly labels: Labels;
}

export interface IndexedGroup {
  readonly tenant: TenantId;
  /** Slots in which a series of the group has samples, ascending. */
  readonly slots: Float64Array;
  readonly series: readonly IndexedSeries[];
}

interface OpenTenant extends TenantSeries {
  readonly tenant: TenantId;
  readonly metrics: string[];
  readonly metricStarts: number[];
}

export class IndexPageBuilder {
  readonly #onPage: (page: number, pending: Uint8Array) => void;
  readonly #pairs = new PairDictionary();
  readonly #postings = new PostingsBuilder();
  readonly #tenants: OpenTenant[] = [];
  #seriesCount = 0;
  #groupCount = 0;
  readonly #page = new PendingPageWriter();

  /** @param onPage takes each series page, to be given to FinalPages.seriesPage() */
  constructor(onPage: (page: number, pending: Uint8Array) => void) {
    this.#onPage = onPage;
  }

  get seriesCount(): number {
    return this.#seriesCount;
  }

  get groupCount(): number {
    return this.#groupCount;
  }

  get tenants(): readonly (TenantSeries & { readonly tenant: TenantId })[] {
    return this.#tenants;
  }

  /** Takes the next group in series order and returns its number. */
  addGroup({ tenant, slots, series }: IndexedGroup): number {
    const group = this.#groupCount++;
    series.forEach((one, member) => {
      this.#noteMetric(tenant, labelValue(one.labels, METRIC_NAME));
      const pairs = this.#pairs.numbersOf(one.labels);
      for (const pair of pairs) this.#postings.add(pair, this.#seriesCount);
      this.#page.add(one, { group, member, slots }, pairs);
      this.#seriesCount++;
      if (this.#page.count === SERIES_PER_PAGE) this.#endPage();
    });
    return group;
  }

  #noteMetric(tenant: TenantId, metric: string): void {
    let last = this.#tenants.at(-1);
    if (last?.tenant !== tenant) {
      last?.metricStarts.push(this.#seriesCount);
      const firstSeries = this.#seriesCount;
      last = { tenant, firstSeries, metrics: [], metricStarts: [] };
      this.#tenants.push(last);
    }
    if (last.metrics.at(-1) === metric) return;
    last.metrics.push(metric);
    last.metricStarts.push(this.#seriesCount);
  }

  #endPage(): void {
    assert(this.#seriesCount < SERIES_MAX, 'a block has too many series');
    this.#onPage(Math.ceil(this.#seriesCount / SERIES_PER_PAGE) - 1, this.#page.take());
  }

  /** Ends the last page and numbers the pairs. */
  finish(axis: SlotAxis): FinalPages {
    if (this.#page.count > 0) this.#endPage();
    this.#tenants.at(-1)?.metricStarts.push(this.#seriesCount);
    return new FinalPages(this.#pairs.sorted(), this.#postings, axis);
  }
}
