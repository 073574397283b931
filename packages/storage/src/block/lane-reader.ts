/**
 * Reads the native histograms and exemplars of some series of a block within a time.
 */
import { decodeColumnHeads } from '../chunk/column-group.ts';
import { lowerBound, slotOf } from '../chunk/slot.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { crc32c } from '../encoding/crc32c.ts';
import { decodeExemplars } from '../encoding/exemplar-bytes.ts';
import { decodeHistograms } from '../encoding/histogram-column.ts';
import type { OrdinalRuns } from '../index/ordinal-runs.ts';
import type { DatabaseEntries } from '../kv/database-entries.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { type HistogramRun, mergeRuns } from '../model/histogram-run.ts';
import type { BlockHeader } from './block-header.ts';
import { exemplarsKey, histogramsKey, KIND } from './block-key.ts';
import { checkSum, checkValue, contentOf, corruptBlock, readingValue } from './block-value.ts';
import { hasGroup } from './lane-groups.ts';
import type { MatchedSeries } from './matched-series.ts';
import type { SampleRange } from './series-samples.ts';
import { TimestampColumns } from './timestamp-columns.ts';

/** Values fetched by one call to LevelDB. */
const KEYS_PER_READ = 64;
/** Timestamps kept decoded are bounded by this. */
const HELD_SAMPLES = 64 * 1024;

/** A value that some of the asked series have a part in. */
interface LaneValue {
  readonly slot: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Place in the group -> place among the asked series. */
  readonly members: ReadonlyMap<number, number>;
}

/** Histograms of one member of a group in one slot. */
export interface MemberHistograms {
  readonly member: number;
  readonly run: HistogramRun;
}

export class LaneReader {
  readonly #database: DatabaseEntries;
  readonly #header: BlockHeader;
  readonly #range: SampleRange;
  readonly #columns: TimestampColumns;
  readonly #slots: readonly number[];

  constructor(database: DatabaseEntries, header: BlockHeader, range: SampleRange) {
    const { slots, slotWidthMs } = header;
    const { startMs, endMs } = range;
    this.#database = database;
    this.#header = header;
    this.#range = { startMs, endMs };
    const heldSamples = HELD_SAMPLES;
    this.#columns = new TimestampColumns(database, { slotWidthMs, startMs, endMs, heldSamples });
    const first = lowerBound(slots, slotOf(startMs, slotWidthMs));
    const end = lowerBound(slots, slotOf(endMs, slotWidthMs) + 1, first);
    this.#slots = Array.from({ length: end - first }, (_, i) => first + i);
  }

  /** Whether any series may have histograms here. */
  get hasHistograms(): boolean {
    const { histograms } = this.#header.lanes;
    return this.#slots.some((slot) => (histograms[slot]?.length ?? 0) > 0);
  }

  get hasExemplars(): boolean {
    const { exemplars } = this.#header.lanes;
    return this.#slots.some((slot) => (exemplars[slot]?.length ?? 0) > 0);
  }

  /**
   * By place among some neighbouring series: their histograms; nothing for those that have none.
   *
   * @throws MonError `corrupt-block`
   */
  async histograms(series: readonly MatchedSeries[]): Promise<Map<number, HistogramRun>> {
    const runs = new Map<number, HistogramRun[]>();
    const { histograms } = this.#header.lanes;
    for await (const found of this.#values(series, { groups: histograms, keyOf: histogramsKey })) {
      const { members } = found;
      for (const { member, run } of this.decodeHistograms(found, (one) => members.has(one))) {
        const place = members.get(member);
        if (place === undefined || run.timestampsMs.length === 0) continue;
        runs.set(place, [...(runs.get(place) ?? []), run]);
      }
      this.#columns.limitMemory();
    }
    return new Map([...runs].map(([place, parts]) => [place, mergeRuns(parts)]));
  }

  /** The histograms of a value that are wanted, within the time asked for. */
  decodeHistograms(
    { slot, key, value }: Pick<LaneValue, 'slot' | 'key' | 'value'>,
    wants: (member: number) => boolean,
  ): MemberHistograms[] {
    const { dir } = this.#database;
    return readingValue(dir, key, () => {
      const heads = decodeColumnHeads(contentOf(KIND.histograms, value));
      checkValue(key, value, heads.headEnd);
      const found: MemberHistograms[] = [];
      for (let column = 0; column < heads.count; column++) {
        const member = heads.members[column] as number;
        if (!wants(member)) continue;
        const start = heads.starts[column] as number;
        const end = heads.starts[column + 1] as number;
        checkSum(heads.checksums[column] as number, crc32c(value, start, end), end - start);
        const times = this.#columns.timesOf(slot, heads.timestamps[column] as number);
        const count = heads.counts[column] as number;
        if (times.count !== count) {
          throw corruptBlock(dir, key, `column ${column} has not as many values as timestamps`);
        }
        const entries = decodeHistograms(new ByteReader(value, { start, end }), count);
        const { byteOffsets, bytes } = entries;
        const offsets = byteOffsets.subarray(times.from, times.to + 1);
        found.push({ member, run: { timestampsMs: times.timesMs, byteOffsets: offsets, bytes } });
      }
      return found;
    });
  }

  /** By place among some neighbouring series: their exemplars; nothing for those without. */
  async exemplars(series: readonly MatchedSeries[]): Promise<Map<number, Exemplar[]>> {
    const all = new Map<number, Exemplar[]>();
    const { startMs, endMs } = this.#range;
    const { exemplars: groups } = this.#header.lanes;
    for await (const { key, value, members } of this.#values(series, {
      groups,
      keyOf: exemplarsKey,
    })) {
      for (const [member, exemplars] of this.decodeExemplars(key, value)) {
        const place = members.get(member);
        if (place === undefined) continue;
        const within = exemplars.filter(
          ({ timestampMs }) => timestampMs >= startMs && timestampMs <= endMs,
        );
        if (within.length > 0) all.set(place, [...(all.get(place) ?? []), ...within]);
      }
    }
    return all;
  }

  /** All exemplars of a value, by place in the group. */
  decodeExemplars(key: Uint8Array, value: Uint8Array): [member: number, Exemplar[]][] {
    return readingValue(this.#database.dir, key, () => {
      const reader = contentOf(KIND.exemplars, value);
      checkValue(key, value);
      const found: [number, Exemplar[]][] = [];
      let member = 0;
      for (let left = reader.varint(); left > 0; left--) {
        member += reader.varint();
        found.push([member++, decodeExemplars(reader)]);
      }
      return found;
    });
  }

  /** The values of a kind that the series are in, by slot. */
  async *#values(
    series: readonly MatchedSeries[],
    kind: {
      readonly groups: readonly OrdinalRuns[];
      readonly keyOf: (slot: number, group: number) => Uint8Array;
    },
  ): AsyncGenerator<LaneValue> {
    const byGroup = new Map<number, Map<number, number>>();
    series.forEach(({ page, row }, place) => {
      const group = page.groups[row] as number;
      const members = byGroup.get(group) ?? new Map<number, number>();
      byGroup.set(group, members.set(page.members[row] as number, place));
    });
    const reads: Omit<LaneValue, 'value'>[] = [];
    for (const index of this.#slots) {
      const slot = this.#header.slots[index] as number;
      for (const [group, members] of byGroup) {
        if (!hasGroup(kind.groups, index, group)) continue;
        reads.push({ slot, members, key: kind.keyOf(slot, group) });
      }
    }
    for (let from = 0; from < reads.length; from += KEYS_PER_READ) {
      const part = reads.slice(from, from + KEYS_PER_READ);
      const values = await this.#database.getMany(part.map(({ key }) => key));
      for (const [i, read] of part.entries()) {
        const value = values[i];
        if (value === undefined) {
          throw corruptBlock(this.#database.dir, read.key, 'it is missing');
        }
        yield { ...read, value };
      }
    }
  }
}
