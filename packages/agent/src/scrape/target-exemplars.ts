/**
 * The exemplars of one scraped target: an exporter shows an exemplar until it has a newer one, and
 * each is handed on once.
 */
import { type Exemplar, exemplarFault } from '@mon/storage/model/exemplar';
import type { Labels } from '@mon/storage/model/labels';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';

export class TargetExemplars {
  /** By the id of the series: what it showed last. */
  readonly #shown = new Map<number, Exemplar>();
  #round: SeriesLanes[] = [];

  begin(): void {
    this.#round = [];
  }

  /**
   * Takes what a sample shows.
   *
   * @param exemplar its time is NaN where the exporter says none
   * @param sampleMs the time of the sample, which stands for one that is not said
   */
  put(
    series: { readonly id: number; readonly labels: Labels | undefined },
    exemplar: Exemplar,
    sampleMs: number,
  ): void {
    const { id, labels } = series;
    if (labels === undefined || exemplarFault(exemplar) !== undefined) return;
    const shown = this.#shown.get(id);
    if (shown !== undefined && isSame(shown, exemplar)) return;
    this.#shown.set(id, exemplar);
    const hasTime = !Number.isNaN(exemplar.timestampMs);
    const timed = hasTime ? exemplar : { ...exemplar, timestampMs: sampleMs };
    this.#round.push({ pairs: labels, histograms: [], exemplars: [timed] });
  }

  /** Those of the round. */
  take(): readonly SeriesLanes[] {
    return this.#round;
  }

  forget(ids: readonly number[]): void {
    for (const id of ids) this.#shown.delete(id);
  }
}

function isSame(a: Exemplar, b: Exemplar): boolean {
  return (
    Object.is(a.value, b.value) &&
    Object.is(a.timestampMs, b.timestampMs) &&
    a.labels.length === b.labels.length &&
    a.labels.every((text, i) => text === b.labels[i])
  );
}
