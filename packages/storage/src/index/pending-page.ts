/**
 * A series page while not all label pairs and slots of the block are known: pairs have preliminary
 * numbers, slots are slot numbers instead of indexes. Kept as columns, serialized by V8, for as
 * long as the block is being written; not a format.
 */
import { deserialize, serialize } from 'node:v8';
import { SERIES_PER_PAGE } from './series-page.ts';

export interface PendingPage {
  readonly count: number;
  readonly shardHashes: Uint32Array;
  readonly fingerprints: Uint32Array;
  readonly firstSeen: Float64Array;
  readonly lastSeen: Float64Array;
  readonly groups: Uint32Array;
  readonly members: Uint8Array;
  readonly pairStarts: Uint32Array;
  readonly pairs: Uint32Array;
  /** Slots of each group in the page, ascending. */
  readonly groupSlots: readonly Float64Array[];
}

export interface PendingSeries {
  readonly shardHash: number;
  readonly fingerprint: readonly [high: number, low: number];
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** A series' group, and its place in it. */
export interface GroupPlace {
  readonly group: number;
  readonly member: number;
  readonly slots: Float64Array;
}

/** Takes the series of one page after the other. */
export class PendingPageWriter {
  readonly #shardHashes = new Uint32Array(SERIES_PER_PAGE);
  readonly #fingerprints = new Uint32Array(2 * SERIES_PER_PAGE);
  readonly #firstSeen = new Float64Array(SERIES_PER_PAGE);
  readonly #lastSeen = new Float64Array(SERIES_PER_PAGE);
  readonly #groups = new Uint32Array(SERIES_PER_PAGE);
  readonly #members = new Uint8Array(SERIES_PER_PAGE);
  readonly #pairStarts = new Uint32Array(SERIES_PER_PAGE + 1);
  #pairs: number[] = [];
  #groupSlots: Float64Array[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(series: PendingSeries, place: GroupPlace, pairs: readonly number[]): void {
    const i = this.#count++;
    if (i === 0 || this.#groups[i - 1] !== place.group) this.#groupSlots.push(place.slots);
    this.#shardHashes[i] = series.shardHash;
    this.#fingerprints[2 * i] = series.fingerprint[0];
    this.#fingerprints[2 * i + 1] = series.fingerprint[1];
    this.#firstSeen[i] = series.firstSeenMs;
    this.#lastSeen[i] = series.lastSeenMs;
    this.#groups[i] = place.group;
    this.#members[i] = place.member;
    for (const pair of pairs) this.#pairs.push(pair);
    this.#pairStarts[i + 1] = this.#pairs.length;
  }

  /** The page as it is, serialized; the next series begins a new one. */
  take(): Uint8Array {
    const count = this.#count;
    const page: PendingPage = {
      count,
      shardHashes: this.#shardHashes.slice(0, count),
      fingerprints: this.#fingerprints.slice(0, 2 * count),
      firstSeen: this.#firstSeen.slice(0, count),
      lastSeen: this.#lastSeen.slice(0, count),
      groups: this.#groups.slice(0, count),
      members: this.#members.slice(0, count),
      pairStarts: this.#pairStarts.slice(0, count + 1),
      pairs: Uint32Array.from(this.#pairs),
      groupSlots: this.#groupSlots,
    };
    this.#count = 0;
    this.#pairs = [];
    this.#groupSlots = [];
    return serialize(page);
  }
}

export function readPendingPage(serialized: Uint8Array): PendingPage {
  return deserialize(serialized);
}
