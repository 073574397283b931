/**
 * What one target gives, round after round: gathers a round's samples into columns and knows which
 * series came, came for the first time, or vanished since the round before, so that those end in a
 * staleness marker.
 *
 * The owner names series by small integers: `add` gives one out, `put` uses it in each round, and
 * the ids that `finish` returns as freed are forgotten and given out again.
 */

import type { SampleColumns } from '@mon/storage/model/appender';
import { assert } from '@mon/storage/model/assert';
import type { Labels } from '@mon/storage/model/labels';
import { bitsOf, setNanAt, setStaleAt } from '@mon/storage/model/sample';

export interface FinishedRound {
  /** One sample a series; staleness markers last. */
  readonly columns: SampleColumns;
  /** Ids whose series are gone; the owner forgets them. */
  readonly freed: readonly number[];
}

const NEVER = -1;

export class SeriesRounds {
  /** By id; undefined: known, but relabeling drops it. */
  readonly #labels: (Labels | undefined)[] = [];
  readonly #lastRound: number[] = [];
  /** Whether the series' latest sample had a timestamp of its own. */
  readonly #hasOwnTime: boolean[] = [];
  readonly #getsMarkers: boolean[] = [];
  readonly #free: number[] = [];
  #round = 0;
  #timestampMs = 0;
  /** Ids seen in the latest round that succeeded, and in this one. */
  #present: number[] = [];
  #seen: number[] = [];
  /** Ids that ended in a marker when a round failed; they may come back. */
  #dormant: number[] = [];

  #outLabels: Labels[] = [];
  #outTimestampsMs: number[] = [];
  #outValues: number[] = [];
  /** Of this round: samples put, samples kept after relabeling, new series, repeated samples. */
  scraped = 0;
  kept = 0;
  added = 0;
  duplicates = 0;

  /** Starts a round; its samples have `timestampMs` unless they bring their own. */
  begin(timestampMs: number): void {
    this.#round++;
    this.#timestampMs = timestampMs;
    this.#seen = [];
    this.#clearOutput();
    this.scraped = 0;
    this.kept = 0;
    this.added = 0;
    this.duplicates = 0;
  }

  /** Takes up a series; `labels` are final, or undefined for one that is to be dropped. */
  add(labels: Labels | undefined): number {
    const id = this.#free.pop() ?? this.#labels.length;
    this.#labels[id] = labels;
    this.#lastRound[id] = NEVER;
    this.#hasOwnTime[id] = false;
    this.#getsMarkers[id] = true;
    if (labels !== undefined) this.added++;
    return id;
  }

  /** Its final labels; undefined where it is dropped. */
  labelsOf(id: number): Labels | undefined {
    return this.#labels[id];
  }

  /**
   * One sample of a series. A second one of a round is left out, unless both have own times.
   *
   * @param getsMarkers whether a series with own times ends in a marker like any other
   */
  put(id: number, value: number, ownTimestampMs = Number.NaN, getsMarkers = false): void {
    this.scraped++;
    const hasOwnTime = !Number.isNaN(ownTimestampMs);
    const isRepeated = this.#lastRound[id] === this.#round;
    if (!isRepeated) {
      this.#lastRound[id] = this.#round;
      this.#seen.push(id);
    }
    const labels = this.#labels[id];
    if (labels === undefined) return;
    this.kept++;
    if (isRepeated && !(hasOwnTime && this.#hasOwnTime[id])) {
      this.duplicates++;
      return;
    }
    this.#hasOwnTime[id] = hasOwnTime;
    this.#getsMarkers[id] = !hasOwnTime || getsMarkers;
    this.#push(labels, hasOwnTime ? ownTimestampMs : this.#timestampMs, value);
  }

  /** A sample about the round itself (`up`, ...), apart from the counts and markers. */
  report(labels: Labels, value: number): void {
    this.#push(labels, this.#timestampMs, value);
  }

  /** Ends a round that succeeded: series of the round before that did not come get markers. */
  finish(): FinishedRound {
    const stale: number[] = [];
    const freed: number[] = [];
    for (const id of this.#present) {
      if (this.#lastRound[id] === this.#round) continue;
      if (this.#getsMarkers[id]) stale.push(id);
      freed.push(id);
    }
    for (const id of this.#dormant) if (this.#lastRound[id] !== this.#round) freed.push(id);
    const columns = this.#columns(stale);
    this.#present = this.#seen;
    this.#dormant = [];
    for (const id of freed) {
      this.#labels[id] = undefined;
      this.#free.push(id);
    }
    return { columns, freed };
  }

  /**
   * Ends a round that failed: of its samples nothing is kept but `reports`; every series of the
   * round before gets a marker, and its id stays valid.
   */
  fail(reports: readonly (readonly [Labels, number])[]): SampleColumns {
    this.#clearOutput();
    for (const [labels, value] of reports) this.report(labels, value);
    const stale = this.#present.filter((id) => this.#getsMarkers[id]);
    const columns = this.#columns(stale);
    // Ids first met in the failed round are remembered too: the cache holds them.
    const known = new Set(this.#dormant);
    for (const id of this.#present) known.add(id);
    for (const id of this.#seen) known.add(id);
    this.#dormant = [...known];
    this.#present = [];
    return columns;
  }

  /** Ends everything: markers for all that is present and for the given report series. */
  end(timestampMs: number, reports: readonly Labels[]): SampleColumns {
    this.begin(timestampMs);
    const stale = this.#present.filter((id) => this.#getsMarkers[id]);
    this.#present = [];
    return this.#columns(stale, reports);
  }

  #push(labels: Labels, timestampMs: number, value: number): void {
    this.#outLabels.push(labels);
    this.#outTimestampsMs.push(timestampMs);
    this.#outValues.push(value);
  }

  #clearOutput(): void {
    this.#outLabels = [];
    this.#outTimestampsMs = [];
    this.#outValues = [];
  }

  #columns(stale: readonly number[], others: readonly Labels[] = []): SampleColumns {
    const firstStale = this.#outValues.length;
    for (const id of stale) {
      const labels = this.#labels[id];
      if (labels !== undefined) this.#push(labels, this.#timestampMs, 0);
    }
    for (const labels of others) this.#push(labels, this.#timestampMs, 0);
    const count = this.#outValues.length;
    const values = Float64Array.from(this.#outValues);
    const bits = bitsOf(values);
    for (let i = 0; i < firstStale; i++) if (Number.isNaN(values[i])) setNanAt(bits, i);
    for (let i = firstStale; i < count; i++) setStaleAt(bits, i);
    assert(this.#outLabels.length === count, 'columns have different lengths');
    const columns: SampleColumns = {
      labels: this.#outLabels,
      sampleOffsets: Uint32Array.from({ length: count + 1 }, (_, i) => i),
      timestampsMs: Float64Array.from(this.#outTimestampsMs),
      values,
    };
    this.#clearOutput();
    return columns;
  }
}
