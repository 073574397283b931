/**
 * Forms groups out of series in order: 8 to 32 neighbours of one tenant, a histogram of up to 64
 * buckets whole.
 *
 * A group ends at 16 series, or at 8 where the metric ends, so that a query of one metric reads few
 * others: 16 a group is measured to be about as good for wide queries as 64 and for one series as
 * 1.
 */
import { sameHistogram } from '../index/series-order.ts';
import { type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { GROUP_SERIES_MAX } from './column-group.ts';
import type { EncodedSeries } from './encoded-series.ts';

const GROUP_SERIES_MIN = 8;
const GROUP_SERIES_WANTED = 16;
const GROUP_SERIES_USUAL_MAX = 32;

export class GroupFormer {
  readonly #onGroup: (group: readonly EncodedSeries[]) => void;
  #group: EncodedSeries[] = [];
  /** Where the histogram at the end of the group starts; its length where there is none. */
  #histogramStart = 0;

  constructor(onGroup: (group: readonly EncodedSeries[]) => void) {
    this.#onGroup = onGroup;
  }

  /**
   * Whether a series goes on with the histogram of the one added last, in the same group for
   * certain.
   */
  joinsHistogram(series: { readonly tenant: TenantId; readonly labels: Labels }): boolean {
    const last = this.#group.at(-1);
    if (last === undefined || last.tenant !== series.tenant) return false;
    if (!sameHistogram(last.labels, series.labels)) return false;
    // Where the group is full it ends here, unless it ends before the histogram.
    const endsBefore = this.#histogramStart > 0 && this.#group.length >= GROUP_SERIES_USUAL_MAX;
    return endsBefore || this.#group.length < GROUP_SERIES_MAX;
  }

  add(series: EncodedSeries): void {
    const last = this.#group.at(-1);
    if (last === undefined) {
      this.#histogramStart = 0;
    } else if (last.tenant !== series.tenant) {
      this.#close(this.#group.length);
    } else if (sameHistogram(last.labels, series.labels)) {
      if (this.#histogramStart > 0 && this.#group.length >= GROUP_SERIES_USUAL_MAX) {
        this.#close(this.#histogramStart);
      } else if (this.#group.length >= GROUP_SERIES_MAX) {
        this.#close(this.#group.length);
      }
    } else {
      const isOtherMetric =
        labelValue(last.labels, METRIC_NAME) !== labelValue(series.labels, METRIC_NAME);
      const wanted = isOtherMetric ? GROUP_SERIES_MIN : GROUP_SERIES_WANTED;
      if (this.#group.length >= wanted) this.#close(this.#group.length);
      this.#histogramStart = this.#group.length;
    }
    this.#group.push(series);
  }

  finish(): void {
    if (this.#group.length > 0) this.#close(this.#group.length);
  }

  /** Ends the group after `length` series; those after it begin the next. */
  #close(length: number): void {
    const rest = this.#group.splice(length);
    this.#onGroup(this.#group);
    this.#group = rest;
    this.#histogramStart = 0;
  }
}
