/**
 * The index of a block that has all its series: what goes into its pages.
 */
import { lowerBound } from '../chunk/slot.ts';
import { assert } from '../model/assert.ts';
import { type LabelPage, PAIRS_PER_PAGE } from './label-page.ts';
import type { OrdinalRuns } from './ordinal-runs.ts';
import type { SortedPairs } from './pair-dictionary.ts';
import { readPendingPage } from './pending-page.ts';
import type { PostingsBuilder } from './postings-builder.ts';
import type { SeriesPage, SlotAxis } from './series-page.ts';
import type { TenantCatalog } from './tenant-catalog.ts';

/** A tenant's series and metrics; the metrics' starts end with the tenant's end. */
export interface TenantSeries {
  readonly firstSeries: number;
  readonly metrics: readonly string[];
  readonly metricStarts: readonly number[];
}

export class FinalPages {
  readonly #pairs: SortedPairs;
  readonly #postings: PostingsBuilder;
  readonly #axis: SlotAxis;

  constructor(pairs: SortedPairs, postings: PostingsBuilder, axis: SlotAxis) {
    this.#pairs = pairs;
    this.#postings = postings;
    this.#axis = axis;
  }

  get pairCount(): number {
    return this.#pairs.names.length;
  }

  /** Pages of pairs; there are as many of postings. */
  get pairPages(): number {
    return Math.ceil(this.pairCount / PAIRS_PER_PAGE);
  }

  labelPage(page: number): LabelPage {
    const { names, values } = this.#pairs;
    const [from, to] = [page * PAIRS_PER_PAGE, (page + 1) * PAIRS_PER_PAGE];
    return { names: names.slice(from, to), values: values.slice(from, to) };
  }

  postingsPage(page: number): OrdinalRuns[] {
    const from = page * PAIRS_PER_PAGE;
    const to = Math.min(from + PAIRS_PER_PAGE, this.pairCount);
    return Array.from({ length: to - from }, (_, i) => this.#postingsOf(from + i));
  }

  #postingsOf(pair: number): OrdinalRuns {
    return this.#postings.runsOf(this.#pairs.firstNumbers[pair] as number);
  }

  /** The tenants' catalogs, with the range of pairs that each has of each label name. */
  catalogs(tenants: readonly TenantSeries[]): TenantCatalog[] {
    const starts = Float64Array.from(tenants, ({ firstSeries }) => firstSeries);
    const catalogs = tenants.map((tenant) => {
      const endSeries = tenant.metricStarts.at(-1) as number;
      const names: string[] = [];
      const [firstPairs, endPairs]: [number[], number[]] = [[], []];
      return { ...tenant, endSeries, names, firstPairs, endPairs };
    });
    for (let pair = 0; pair < this.pairCount; pair++) {
      const name = this.#pairs.names[pair] as string;
      const only = catalogs.length === 1 ? catalogs[0] : undefined;
      if (only !== undefined) {
        notePair(only, name, pair);
        continue;
      }
      const runs = this.#postingsOf(pair);
      for (let i = 0; i < runs.length; i += 2) {
        // The last tenant that starts at or before the run; a run may reach into the next ones.
        let tenant = lowerBound(starts, (runs[i] as number) + 1) - 1;
        for (; (starts[tenant] ?? Infinity) < (runs[i + 1] as number); tenant++) {
          const catalog = catalogs[tenant];
          assert(catalog !== undefined, 'a series of no tenant');
          notePair(catalog, name, pair);
        }
      }
    }
    return catalogs;
  }

  /** A series page with final pair numbers, ascending, and slots as indexes. */
  seriesPage(serialized: Uint8Array): SeriesPage {
    const { groupSlots, pairs, ...page } = readPendingPage(serialized);
    // Pairs ascend by name within a series, so their ranks do.
    const { ranks } = this.#pairs;
    return {
      ...page,
      groupSlots: groupSlots.map((slots) => this.#slotRuns(slots)),
      pairs: pairs.map((pair) => ranks[pair] as number),
    };
  }

  #slotRuns(slots: Float64Array): Uint32Array {
    const bounds: number[] = [];
    for (const slot of slots) {
      const index = lowerBound(this.#axis.slots, slot);
      if (bounds.at(-1) === index) bounds[bounds.length - 1] = index + 1;
      else bounds.push(index, index + 1);
    }
    return Uint32Array.from(bounds);
  }
}

/** A tenant has this pair; those of a name come one after the other. */
function notePair(
  catalog: { readonly names: string[]; readonly firstPairs: number[]; readonly endPairs: number[] },
  name: string,
  pair: number,
): void {
  if (catalog.names.at(-1) !== name) {
    catalog.names.push(name);
    catalog.firstPairs.push(pair);
    catalog.endPairs.push(pair + 1);
  } else {
    catalog.endPairs[catalog.endPairs.length - 1] = pair + 1;
  }
}
