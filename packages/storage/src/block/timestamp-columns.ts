/**
 * The timestamp columns that one walk through a block needs: each decoded once, cut to the asked
 * time, and joined over slots so that series with the same columns get the same array.
 */
import { lowerBound } from '../chunk/slot.ts';
import {
  decodeTimestampPage,
  TIMESTAMP_COLUMNS_PER_PAGE,
  type TimestampColumn,
} from '../chunk/timestamp-page.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { crc32c } from '../encoding/crc32c.ts';
import { decodeTimestamps } from '../encoding/timestamp-column.ts';
import type { DatabaseEntries } from '../kv/database-entries.ts';
import { KIND, timestampsKey } from './block-key.ts';
import { checkSum, checkValue, contentOf, corruptBlock, readingValue } from './block-value.ts';

/**
 * Timestamps kept for further batches of the walk, as many as samples are held four times; then all
 * are forgotten.
 */
const KEPT_BYTES_PER_SAMPLE = 4 * 8;
const EMPTY = new Float64Array(0);

/** A column of a slot, cut to the asked time. */
export interface SlotTimes {
  /** Entries of the whole column, which a value column of it has too. */
  readonly count: number;
  /** The whole column's entries that lie within the asked time: [from, to). */
  readonly from: number;
  readonly to: number;
  /** Those entries. */
  readonly timesMs: Float64Array;
}

/** A run of columns from the first slot on; series with the same run share it. */
export interface JoinedTimes {
  readonly before: JoinedTimes | undefined;
  readonly times: SlotTimes | undefined;
  readonly count: number;
  readonly next: Map<SlotTimes, JoinedTimes>;
  /** Made when first asked for. */
  joined: Float64Array | undefined;
}

export class TimestampColumns {
  readonly #database: DatabaseEntries;
  readonly #slotWidthMs: number;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #keptBytesMax: number;
  #pages = new Map<string, readonly TimestampColumn[]>();
  #columns = new Map<number, Map<number, SlotTimes>>();
  #root = newRoot();
  #keptBytes = 0;

  constructor(
    database: DatabaseEntries,
    range: {
      readonly slotWidthMs: number;
      readonly startMs: number;
      readonly endMs: number;
      readonly heldSamples: number;
    },
  ) {
    this.#keptBytesMax = KEPT_BYTES_PER_SAMPLE * range.heldSamples;
    this.#database = database;
    this.#slotWidthMs = range.slotWidthMs;
    this.#startMs = range.startMs;
    this.#endMs = range.endMs;
  }

  /** To be called between batches: forgets everything where it has become much. */
  limitMemory(): void {
    if (this.#keptBytes < this.#keptBytesMax) return;
    this.#pages = new Map();
    this.#columns = new Map();
    this.#root = newRoot();
    this.#keptBytes = 0;
  }

  /** The run of no column, to begin with. */
  get root(): JoinedTimes {
    return this.#root;
  }

  /**
   * Column `column` of a slot.
   *
   * @throws MonError `corrupt-block`
   */
  timesOf(slot: number, column: number): SlotTimes {
    let ofSlot = this.#columns.get(slot);
    if (ofSlot === undefined) {
      ofSlot = new Map();
      this.#columns.set(slot, ofSlot);
    }
    let times = ofSlot.get(column);
    if (times === undefined) {
      times = this.#readColumn(slot, column);
      ofSlot.set(column, times);
    }
    return times;
  }

  /** The run that goes on with one more column. */
  extend(run: JoinedTimes, times: SlotTimes): JoinedTimes {
    let next = run.next.get(times);
    if (next === undefined) {
      const count = run.count + times.timesMs.length;
      next = { before: run, times, count, next: new Map(), joined: undefined };
      run.next.set(times, next);
    }
    return next;
  }

  /** The timestamps of a run; the same array each time. */
  join(run: JoinedTimes): Float64Array {
    if (run.joined !== undefined) return run.joined;
    let joined = run.times?.timesMs ?? EMPTY;
    if (run.count > joined.length) {
      joined = new Float64Array(run.count);
      let end = run.count;
      for (let part: JoinedTimes | undefined = run; part?.times !== undefined; part = part.before) {
        end -= part.times.timesMs.length;
        joined.set(part.times.timesMs, end);
      }
      this.#keptBytes += joined.byteLength;
    }
    run.joined = joined;
    return joined;
  }

  #readColumn(slot: number, column: number): SlotTimes {
    const page = Math.floor(column / TIMESTAMP_COLUMNS_PER_PAGE);
    const key = timestampsKey(slot, page);
    const found = this.#page(key, `${slot} ${page}`)[column % TIMESTAMP_COLUMNS_PER_PAGE];
    return readingValue(this.#database.dir, key, () => {
      if (found === undefined) {
        throw corruptBlock(this.#database.dir, key, `it has no column ${column}`);
      }
      checkSum(found.checksum, crc32c(found.bytes), found.bytes.length);
      const whole = new Float64Array(found.count);
      decodeTimestamps(new ByteReader(found.bytes), slot * this.#slotWidthMs, whole);
      this.#keptBytes += whole.byteLength;
      const from = lowerBound(whole, this.#startMs);
      const to = lowerBound(whole, Math.floor(this.#endMs) + 1, from);
      return { count: found.count, from, to, timesMs: whole.subarray(from, to) };
    });
  }

  #page(key: Uint8Array, name: string): readonly TimestampColumn[] {
    const known = this.#pages.get(name);
    if (known !== undefined) return known;
    const { dir } = this.#database;
    const value = this.#database.getSync(key);
    if (value === undefined) throw corruptBlock(dir, key, 'it is missing');
    const columns = readingValue(dir, key, () => {
      const page = decodeTimestampPage(contentOf(KIND.timestamps, value));
      checkValue(key, value, page.headEnd);
      return page.columns;
    });
    this.#keptBytes += value.length;
    this.#pages.set(name, columns);
    return columns;
  }
}

function newRoot(): JoinedTimes {
  return { before: undefined, times: undefined, count: 0, next: new Map(), joined: undefined };
}
