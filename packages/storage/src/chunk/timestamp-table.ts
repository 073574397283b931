/**
 * The timestamp columns of a block being written: each distinct column of a slot once, numbered.
 *
 * Columns are found again by 96 bits of their encoded bytes and slot: SipHash under the database's
 * key, which no sender knows, and CRC32C. The table is bounded; past the bound it starts anew, and
 * columns seen before are written a second time, which costs space alone.
 */
import { ByteWriter } from '../encoding/byte-writer.ts';
import { crc32c } from '../encoding/crc32c.ts';
import { type HashKey, siphash } from '../encoding/siphash.ts';
import { encodeTimestamps } from '../encoding/timestamp-column.ts';
import { assert } from '../model/assert.ts';
import { TIMESTAMP_COLUMNS_PER_PAGE, type TimestampColumn } from './timestamp-page.ts';

/** Columns remembered; 16 bytes each in a table that is at most 3/4 full. */
const REMEMBERED_MAX = 3 * 2 ** 20;
/** Readers build keys of column and state in one float64. */
export const COLUMNS_PER_SLOT_MAX = 2 ** 24;

/** Called for each page when it is full or the block ends. */
export type TimestampPageSink = (
  slot: number,
  page: number,
  columns: readonly TimestampColumn[],
) => void;

interface SlotColumns {
  count: number;
  /** Columns of the page that is not full yet. */
  open: TimestampColumn[];
}

/** Fields of an entry: hash high, hash low, checksum, column + 1 (0 is a free entry). */
const ENTRY_FIELDS = 4;

export class TimestampTable {
  readonly #hashKey: HashKey;
  readonly #sink: TimestampPageSink;
  readonly #slots = new Map<number, SlotColumns>();
  readonly #out = new ByteWriter(4096);
  #entries = new Uint32Array(ENTRY_FIELDS * 1024);
  #used = 0;

  constructor(hashKey: HashKey, sink: TimestampPageSink) {
    this.#hashKey = hashKey;
    this.#sink = sink;
  }

  /**
   * The number of a column in its slot; a new one is added.
   *
   * @param offsetsMs [n] from the start of the slot, ascending
   */
  columnOf(slot: number, offsetsMs: Float64Array): number {
    const out = this.#out;
    out.clear();
    encodeTimestamps(offsetsMs, out);
    const bytes = out.copy();
    const checksum = crc32c(bytes);
    out.signed(slot);
    out.varint(offsetsMs.length);
    const [high = 0, low = 0] = siphash(this.#hashKey, out.view());
    const at = this.#find(high, low, checksum);
    const found = this.#entries[at + 3] as number;
    if (found !== 0) return found - 1;

    const column = this.#addColumn(slot, {
      count: offsetsMs.length,
      firstMs: offsetsMs[0] as number,
      lastMs: offsetsMs[offsetsMs.length - 1] as number,
      bytes,
      checksum,
    });
    this.#entries.set([high, low, checksum, column + 1], at);
    this.#used++;
    this.#makeRoom();
    return column;
  }

  /** How many columns a slot has. */
  countOf(slot: number): number {
    return this.#slots.get(slot)?.count ?? 0;
  }

  /** Hands out the pages that are not full. */
  finish(): void {
    for (const [slot, { count, open }] of this.#slots) {
      if (open.length > 0) this.#sink(slot, pageOf(count - 1), open);
    }
  }

  #addColumn(slot: number, column: TimestampColumn): number {
    let columns = this.#slots.get(slot);
    if (columns === undefined) {
      columns = { count: 0, open: [] };
      this.#slots.set(slot, columns);
    }
    const number = columns.count++;
    assert(number < COLUMNS_PER_SLOT_MAX, `slot ${slot} has too many timestamp columns`);
    columns.open.push(column);
    if (columns.open.length === TIMESTAMP_COLUMNS_PER_PAGE) {
      this.#sink(slot, pageOf(number), columns.open);
      columns.open = [];
    }
    return number;
  }

  /** The entry that holds these hashes, or the free one where they belong. */
  #find(high: number, low: number, checksum: number): number {
    const entries = this.#entries;
    const mask = entries.length / ENTRY_FIELDS - 1;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const at = ENTRY_FIELDS * place;
      if (entries[at + 3] === 0) return at;
      if (entries[at] === high && entries[at + 1] === low && entries[at + 2] === checksum) {
        return at;
      }
    }
  }

  #makeRoom(): void {
    if (this.#used > REMEMBERED_MAX) {
      this.#entries.fill(0);
      this.#used = 0;
    }
    if (this.#used * ENTRY_FIELDS * 4 < this.#entries.length * 3) return;
    const before = this.#entries;
    this.#entries = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += ENTRY_FIELDS) {
      if (before[at + 3] === 0) continue;
      const [high = 0, low = 0, checksum = 0] = before.subarray(at, at + 3);
      this.#entries.set(before.subarray(at, at + ENTRY_FIELDS), this.#find(high, low, checksum));
    }
  }
}

function pageOf(column: number): number {
  return Math.floor(column / TIMESTAMP_COLUMNS_PER_PAGE);
}
