/**
 * Builds the index of a block while its groups come by in order: series pages with preliminary pair
 * numbers as they fill; the rest when all pairs are known (`final-pages.ts`).
 */
import { serialize } from 'node:v8';
import { assert } from '../model/assert.ts';
import { type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { FinalPages, type TenantSeries } from './final-pages.ts';
import { SERIES_MAX } from './ordinal-runs.ts';
import { PairDictionary } from './pair-dictionary.ts';
import type { PendingPage } from './pending-page.ts';
import { PostingsBuilder } from './postings-builder.ts';
import { SERIES_PER_PAGE, type SlotAxis } from './series-page.ts';

export interface IndexedSeries {
  readonly labels: Labels;
  readonly shardHash: number;
  readonly fingerprint: readonly [high: number, low: number];
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
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
  #page: PendingPage | undefined;

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
    series.forEach(({ labels, ...seen }, member) => {
      this.#noteMetric(tenant, labelValue(labels, METRIC_NAME));
      const pairs = this.#pairs.numbersOf(labels);
      for (const pair of pairs) this.#postings.add(pair, this.#seriesCount);
      this.#page ??= { firstMember: member, rows: [], groupSlots: [] };
      if (this.#page.rows.at(-1)?.group !== group) this.#page.groupSlots.push(slots);
      this.#page.rows.push({ ...seen, group, pairs });
      this.#seriesCount++;
      if (this.#page.rows.length === SERIES_PER_PAGE) this.#endPage();
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
    if (this.#page === undefined) return;
    assert(this.#seriesCount < SERIES_MAX, 'a block has too many series');
    this.#onPage(Math.ceil(this.#seriesCount / SERIES_PER_PAGE) - 1, serialize(this.#page));
    this.#page = undefined;
  }

  /** Ends the last page and numbers the pairs. */
  finish(axis: SlotAxis): FinalPages {
    this.#endPage();
    this.#tenants.at(-1)?.metricStarts.push(this.#seriesCount);
    return new FinalPages(this.#pairs.sorted(), this.#postings, axis);
  }
}
