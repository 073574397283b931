/**
 * Reads the samples of some series of a block within a time, slot by slot as the keys lie, and puts
 * them together series by series.
 */
import { type ColumnHeads, decodeColumnHeads } from '../chunk/column-group.ts';
import { lowerBound, slotOf } from '../chunk/slot.ts';
import { ChainDecoder } from '../chunk/value-chain.ts';
import type { DatabaseEntries } from '../kv/database-entries.ts';
import type { BlockHeader } from './block-header.ts';
import { columnsKey, KIND } from './block-key.ts';
import { checkValue, contentOf, corruptBlock, readingValue } from './block-value.ts';
import type { MatchedSeries } from './matched-series.ts';
import { type JoinedTimes, type SlotTimes, TimestampColumns } from './timestamp-columns.ts';

/** Values fetched by one call to LevelDB. */
const KEYS_PER_READ = 256;

export interface SampleRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** The value of one group and slot, with what of it is wanted, not decoded yet. */
interface FoundValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly heads: ColumnHeads;
  readonly chunks: FoundChunk[];
}

/** Values of series number `series` of those asked for. */
interface FoundChunk {
  readonly series: number;
  readonly column: number;
  readonly times: SlotTimes;
}

/** The samples of as many series as were asked for; a series may have none. */
export interface SeriesSamples {
  readonly times: readonly JoinedTimes[];
  readonly values: Float64Array;
  /** [n+1] */
  readonly valueOffsets: Uint32Array;
}

/** A walk through the samples of a block. */
export class SamplesReader {
  readonly #database: DatabaseEntries;
  readonly #header: BlockHeader;
  readonly columns: TimestampColumns;
  readonly heldSamples: number;
  /** Indexes into header.slots of the slots in range: [first, end). */
  readonly #firstSlot: number;
  readonly #endSlot: number;
  readonly #reusesValues: boolean;
  #values = new Float64Array(0);

  /**
   * @param range with about how many samples may be held decoded at once, and whether the values of
   *   one `read` may be written over by the next
   */
  constructor(
    database: DatabaseEntries,
    header: BlockHeader,
    range: SampleRange & { readonly heldSamples: number; readonly reusesValues?: boolean },
  ) {
    const { slots, slotWidthMs } = header;
    this.heldSamples = range.heldSamples;
    this.#reusesValues = range.reusesValues ?? false;
    this.#database = database;
    this.#header = header;
    this.columns = new TimestampColumns(database, { slotWidthMs, ...range });
    this.#firstSlot = lowerBound(slots, slotOf(range.startMs, slotWidthMs));
    this.#endSlot = lowerBound(slots, slotOf(range.endMs, slotWidthMs) + 1, this.#firstSlot);
  }

  /** How many samples a series has in range, about. */
  get samplesPerSeries(): number {
    const { samples, series, slots } = this.#header;
    return Math.ceil((samples / series / slots.length) * (this.#endSlot - this.#firstSlot));
  }

  /**
   * Reads all samples of some neighbouring series in range.
   *
   * @throws MonError `corrupt-block`
   */
  async read(series: readonly MatchedSeries[]): Promise<SeriesSamples> {
    const found = await this.#findValues(series);
    const times = series.map(() => this.columns.root);
    for (const { chunks } of found) {
      for (const chunk of chunks) {
        if (chunk.times.timesMs.length === 0) continue;
        const run = times[chunk.series] as JoinedTimes;
        times[chunk.series] = this.columns.extend(run, chunk.times);
      }
    }
    const valueOffsets = new Uint32Array(series.length + 1);
    times.forEach(({ count }, i) => {
      valueOffsets[i + 1] = (valueOffsets[i] as number) + count;
    });
    const values = this.#roomFor(valueOffsets[series.length] as number);
    const filled = valueOffsets.slice();
    for (const value of found) this.#decode(value, values, filled);
    return { times, values, valueOffsets };
  }

  #roomFor(samples: number): Float64Array {
    if (!this.#reusesValues) return new Float64Array(samples);
    if (this.#values.length < samples) this.#values = new Float64Array(Math.ceil(samples * 1.25));
    return this.#values.subarray(0, samples);
  }

  /** Slot by slot, ascending; in each, group by group. */
  async #findValues(series: readonly MatchedSeries[]): Promise<FoundValue[]> {
    const found: FoundValue[] = [];
    const wanted = this.#wantedGroups(series);
    const reads: {
      readonly slot: number;
      readonly group: WantedGroup;
      readonly key: Uint8Array;
    }[] = [];
    for (let index = this.#firstSlot; index < this.#endSlot; index++) {
      const slot = this.#header.slots[index] as number;
      for (const group of wanted) {
        if (hasSlot(group.slots, index)) {
          reads.push({ slot, group, key: columnsKey(slot, group.number) });
        }
      }
    }
    for (let from = 0; from < reads.length; from += KEYS_PER_READ) {
      const part = reads.slice(from, from + KEYS_PER_READ);
      const values = await this.#database.getMany(part.map(({ key }) => key));
      part.forEach(({ slot, group, key }, i) => {
        found.push(this.#takeColumns({ slot, group, key, value: values[i] }, series));
      });
    }
    return found;
  }

  #wantedGroups(series: readonly MatchedSeries[]): WantedGroup[] {
    const groups: WantedGroup[] = [];
    series.forEach(({ page, row }, i) => {
      const number = page.groups[row] as number;
      const last = groups.at(-1);
      if (last?.number === number) {
        last.end = i + 1;
        return;
      }
      const slots = page.groupSlots[number - (page.groups[0] as number)] as Uint32Array;
      groups.push({ number, slots, first: i, end: i + 1 });
    });
    return groups;
  }

  /** Notes the columns of the wanted series out of the value of one group and slot. */
  #takeColumns(read: GroupRead, series: readonly MatchedSeries[]): FoundValue {
    const { slot, group, key, value } = read;
    const { dir } = this.#database;
    if (value === undefined) throw corruptBlock(dir, key, 'it is missing');
    const heads = readColumnHeads(dir, key, value);
    const chunks: FoundChunk[] = [];
    let column = 0;
    for (let i = group.first; i < group.end; i++) {
      const { page, row } = series[i] as MatchedSeries;
      const member = page.members[row] as number;
      while (column < heads.count && (heads.members[column] as number) < member) column++;
      if (column === heads.count || heads.members[column] !== member) continue;
      const times = this.columns.timesOf(slot, heads.timestamps[column] as number);
      if (times.count !== heads.counts[column]) {
        throw corruptBlock(dir, key, `column ${column} has not as many values as timestamps`);
      }
      chunks.push({ series: i, column, times });
    }
    return { key, value, heads, chunks };
  }

  /**
   * Decodes the wanted columns of one value.
   *
   * @param filled by series: where its next values go in `values`; moved on
   */
  #decode({ key, value, heads, chunks }: FoundValue, values: Float64Array, filled: Uint32Array) {
    const decoder = new ChainDecoder(value, heads);
    readingValue(this.#database.dir, key, () => {
      for (const { series, column, times } of chunks) {
        if (times.to === times.from) continue;
        decoder.decode(column, times.to);
        const at = filled[series] as number;
        decoder.copy(times, values, at);
        filled[series] = at + times.to - times.from;
      }
    });
  }
}

interface WantedGroup {
  readonly number: number;
  /** Half-open runs of slot indexes. */
  readonly slots: Uint32Array;
  /** The wanted series of the group: [first, end) of the list. */
  readonly first: number;
  end: number;
}

interface GroupRead {
  readonly slot: number;
  readonly group: WantedGroup;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** The checked head of the value of a group. */
export function readColumnHeads(dir: string, key: Uint8Array, value: Uint8Array): ColumnHeads {
  return readingValue(dir, key, () => {
    const heads = decodeColumnHeads(contentOf(KIND.columns, value));
    checkValue(key, value, heads.headEnd);
    return heads;
  });
}

function hasSlot(runs: Uint32Array, slot: number): boolean {
  for (let i = 0; i < runs.length; i += 2) {
    if (slot < (runs[i] as number)) return false;
    if (slot < (runs[i + 1] as number)) return true;
  }
  return false;
}
