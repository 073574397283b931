/**
 * Native histograms and exemplars of some series of a damaged block: as much as is intact. Slot by
 * slot, then by halves, as `salvage-block.ts` reads samples.
 */
import type { BlockHeader } from '../block/block-header.ts';
import { LaneReader } from '../block/lane-reader.ts';
import type { MatchedSeries } from '../block/matched-series.ts';
import type { DatabaseEntries } from '../kv/database-entries.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { type HistogramRun, mergeRuns } from '../model/histogram-run.ts';
import { isDamage } from './damage.ts';

/** By place among the series asked for. */
export interface SavedLanes {
  readonly histograms: ReadonlyMap<number, HistogramRun>;
  readonly exemplars: ReadonlyMap<number, readonly Exemplar[]>;
}

type Read<T> = (reader: LaneReader, series: readonly MatchedSeries[]) => Promise<Map<number, T>>;

export class LaneSalvage {
  readonly #entries: DatabaseEntries;
  readonly #header: BlockHeader;

  constructor(entries: DatabaseEntries, header: BlockHeader) {
    this.#entries = entries;
    this.#header = header;
  }

  /** @param onLost told of each series, by place, and slot that is lost */
  async read(
    series: readonly MatchedSeries[],
    onLost: (place: number, slot: number) => void,
  ): Promise<SavedLanes> {
    const { lanes } = this.#header;
    const histograms = lanes.histograms.some(isFilled)
      ? await this.#lane<HistogramRun>(series, {
          read: (reader, some) => reader.histograms(some),
          join: mergeRuns,
          onLost,
        })
      : new Map<number, HistogramRun>();
    const exemplars = lanes.exemplars.some(isFilled)
      ? await this.#lane<readonly Exemplar[]>(series, {
          read: (reader, some) => reader.exemplars(some),
          join: (parts) => parts.flat(),
          onLost,
        })
      : new Map<number, readonly Exemplar[]>();
    return { histograms, exemplars };
  }

  async #lane<T>(series: readonly MatchedSeries[], lane: Lane<T>): Promise<Map<number, T>> {
    const { slots, slotWidthMs, minTimeMs, maxTimeMs } = this.#header;
    const whole = await attemptRead(this.#reader(minTimeMs, maxTimeMs), series, lane.read);
    if (whole !== undefined) return whole;
    const parts = new Map<number, T[]>();
    for (const slot of slots) {
      const reader = this.#reader(slot * slotWidthMs, (slot + 1) * slotWidthMs - 1);
      for (const [place, part] of await readHalves(reader, { series, from: 0, slot }, lane)) {
        parts.set(place, [...(parts.get(place) ?? []), part]);
      }
    }
    return new Map([...parts].map(([place, some]) => [place, lane.join(some)]));
  }

  #reader(startMs: number, endMs: number): LaneReader {
    return new LaneReader(this.#entries, this.#header, { startMs, endMs });
  }
}

interface Lane<T> {
  readonly read: Read<T>;
  readonly join: (parts: readonly T[]) => T;
  readonly onLost: (place: number, slot: number) => void;
}

interface Share {
  readonly series: readonly MatchedSeries[];
  /** Place of the first of them. */
  readonly from: number;
  readonly slot: number;
}

async function readHalves<T>(
  reader: LaneReader,
  { series, from, slot }: Share,
  lane: Lane<T>,
): Promise<[place: number, part: T][]> {
  const whole = await attemptRead(reader, series, lane.read);
  if (whole !== undefined) return [...whole].map(([place, part]) => [from + place, part]);
  if (series.length === 1) {
    lane.onLost(from, slot);
    return [];
  }
  const middle = series.length >> 1;
  const low = { series: series.slice(0, middle), from, slot };
  const high = { series: series.slice(middle), from: from + middle, slot };
  return [...(await readHalves(reader, low, lane)), ...(await readHalves(reader, high, lane))];
}

async function attemptRead<T>(
  reader: LaneReader,
  series: readonly MatchedSeries[],
  read: Read<T>,
): Promise<Map<number, T> | undefined> {
  try {
    return await read(reader, series);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

function isFilled(groups: Uint32Array): boolean {
  return groups.length > 0;
}
