/**
 * A series encoded for a block: its labels and, by slot, its chunks.
 */
import type { Labels } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { aggregateLast, type ChunkAggregates } from './chunk-aggregates.ts';
import type { EncodedLanes } from './encoded-lanes.ts';
import { lowerBound, slotOf } from './slot.ts';
import type { TimestampTable } from './timestamp-table.ts';
import { CHAIN_MAX, encodeColumn, isDifference } from './value-chain.ts';

export interface EncodedSeries {
  readonly tenant: TenantId;
  readonly labels: Labels;
  readonly shardHash: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** By slot, ascending. */
  readonly chunks: readonly EncodedChunk[];
  /** Absent where the series has float samples alone. */
  readonly lanes?: EncodedLanes | undefined;
}

export interface EncodedChunk {
  readonly slot: number;
  readonly count: number;
  /** Number of the timestamp column in the slot. */
  readonly timestamps: number;
  readonly values: Uint8Array;
  /** CRC32C of `values`. */
  readonly checksum: number;
  readonly aggregates: ChunkAggregates;
}

/** A part of a timestamp column that lies in one slot. */
interface SlotPart {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
  readonly timestamps: number;
}

/** What the next column may be the difference from. */
interface ChunkBefore {
  readonly timestamps: number;
  readonly values: Float64Array;
  /** Columns to decode for this one. */
  readonly chain: number;
}

const NOTHING_BEFORE: ReadonlyMap<number, ChunkBefore> = new Map();

export class SeriesEncoder {
  readonly #slotWidthMs: number;
  readonly #table: TimestampTable;
  /** Columns that several series hand in are cut into slots once. */
  readonly #parts = new WeakMap<Float64Array, readonly SlotPart[]>();
  /** By slot: the chunks of the series before. */
  #before = new Map<number, ChunkBefore>();

  constructor(slotWidthMs: number, table: TimestampTable) {
    this.#slotWidthMs = slotWidthMs;
    this.#table = table;
  }

  /**
   * Encodes the samples of the next series of a block.
   *
   * @param follows whether the series before is its neighbour in a histogram and in the group
   */
  encodeChunks(
    timestampsMs: Float64Array,
    values: Float64Array,
    { follows }: { readonly follows: boolean },
  ): EncodedChunk[] {
    let parts = this.#parts.get(timestampsMs);
    if (parts === undefined) {
      parts = this.#cut(timestampsMs);
      this.#parts.set(timestampsMs, parts);
    }
    const before = follows ? this.#before : NOTHING_BEFORE;
    this.#before = new Map();
    return parts.map((part) => this.#encodeChunk(part, values, before.get(part.slot)));
  }

  #encodeChunk(
    { slot, from, to, timestamps }: SlotPart,
    whole: Float64Array,
    before: ChunkBefore | undefined,
  ): EncodedChunk {
    const values = whole.subarray(from, to);
    const isReference = before?.timestamps === timestamps && before.chain < CHAIN_MAX;
    const { bytes, checksum } = encodeColumn(values, isReference ? before.values : undefined);
    const chain = isReference && isDifference(bytes) ? before.chain + 1 : 1;
    this.#before.set(slot, { timestamps, values, chain });
    const count = to - from;
    return { slot, timestamps, values: bytes, checksum, aggregates: aggregateLast(count), count };
  }

  #cut(timestampsMs: Float64Array): SlotPart[] {
    const parts: SlotPart[] = [];
    for (let from = 0; from < timestampsMs.length; ) {
      const slot = slotOf(timestampsMs[from] as number, this.#slotWidthMs);
      const startMs = slot * this.#slotWidthMs;
      const to = lowerBound(timestampsMs, startMs + this.#slotWidthMs, from);
      const offsets = timestampsMs.slice(from, to);
      for (let i = 0; i < offsets.length; i++) offsets[i] = (offsets[i] as number) - startMs;
      parts.push({ slot, from, to, timestamps: this.#table.columnOf(slot, offsets) });
      from = to;
    }
    return parts;
  }
}
