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
  readonly fingerprint: readonly [high: number, low: number];
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
  /** Values of the bucket before and of this one, in turn. */
  #kept: [Float64Array, Float64Array] = [new Float64Array(0), new Float64Array(0)];

  constructor(slotWidthMs: number, table: TimestampTable) {
    this.#slotWidthMs = slotWidthMs;
    this.#table = table;
  }

  /**
   * Encodes the samples of the next series of a block.
   *
   * @param options follows: whether the series before is its neighbour in a histogram and in the
   *   group; isBucket: whether the next one may be
   */
  encodeChunks(
    timestampsMs: Float64Array,
    values: Float64Array,
    { follows, isBucket }: { readonly follows: boolean; readonly isBucket: boolean },
  ): EncodedChunk[] {
    let parts = this.#parts.get(timestampsMs);
    if (parts === undefined) {
      parts = this.#cut(timestampsMs);
      this.#parts.set(timestampsMs, parts);
    }
    const before = follows ? this.#before : NOTHING_BEFORE;
    this.#before = new Map();
    const kept = isBucket ? this.#keep(values) : undefined;
    return parts.map((part) => this.#encodeChunk(part, { values, kept }, before.get(part.slot)));
  }

  #encodeChunk(
    { slot, from, to, timestamps }: SlotPart,
    series: { readonly values: Float64Array; readonly kept: Float64Array | undefined },
    before: ChunkBefore | undefined,
  ): EncodedChunk {
    const count = to - from;
    const isReference = before?.timestamps === timestamps && before.chain < CHAIN_MAX;
    const reference = isReference ? before.values : undefined;
    const { bytes, checksum } = encodeColumn(series.values.subarray(from, to), reference);
    if (series.kept !== undefined) {
      const chain = isReference && isDifference(bytes) ? before.chain + 1 : 1;
      this.#before.set(slot, { timestamps, values: series.kept.subarray(from, to), chain });
    }
    return { slot, timestamps, values: bytes, checksum, aggregates: aggregateLast(count), count };
  }

  /** A copy of values for the next series to look at: whoever handed them in may write over them. */
  #keep(values: Float64Array): Float64Array {
    const [next, last] = this.#kept;
    const room = next.length < values.length ? new Float64Array(2 * values.length) : next;
    room.set(values);
    this.#kept = [last, room];
    return room;
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
