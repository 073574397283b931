/**
 * A series encoded for a block: its labels and, by slot, its chunks.
 */
import { ByteWriter } from '../encoding/byte-writer.ts';
import { crc32c } from '../encoding/crc32c.ts';
import { encodeValues } from '../encoding/value-column.ts';
import type { Labels } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';
import { aggregateChunk, encodeAggregates } from './chunk-aggregates.ts';
import { lowerBound, slotOf } from './slot.ts';
import type { TimestampTable } from './timestamp-table.ts';

export interface EncodedSeries {
  readonly tenant: TenantId;
  readonly labels: Labels;
  readonly shardHash: number;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** By slot, ascending. */
  readonly chunks: readonly EncodedChunk[];
}

export interface EncodedChunk {
  readonly slot: number;
  readonly count: number;
  /** Number of the timestamp column in the slot. */
  readonly timestamps: number;
  readonly values: Uint8Array;
  /** CRC32C of `values`. */
  readonly checksum: number;
  readonly aggregates: Uint8Array;
}

/** A part of a timestamp column that lies in one slot. */
interface SlotPart {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
  readonly timestamps: number;
}

export class SeriesEncoder {
  readonly #slotWidthMs: number;
  readonly #table: TimestampTable;
  readonly #out = new ByteWriter(4096);
  /** Columns that several series hand in are cut into slots once. */
  readonly #parts = new WeakMap<Float64Array, readonly SlotPart[]>();

  constructor(slotWidthMs: number, table: TimestampTable) {
    this.#slotWidthMs = slotWidthMs;
    this.#table = table;
  }

  encodeChunks(timestampsMs: Float64Array, values: Float64Array): EncodedChunk[] {
    let parts = this.#parts.get(timestampsMs);
    if (parts === undefined) {
      parts = this.#cut(timestampsMs);
      this.#parts.set(timestampsMs, parts);
    }
    return parts.map(({ slot, from, to, timestamps }) => {
      const part = values.subarray(from, to);
      this.#out.clear();
      encodeValues(part, this.#out);
      const bytes = this.#out.copy();
      this.#out.clear();
      encodeAggregates(aggregateChunk(part), this.#out);
      const aggregates = this.#out.copy();
      const checksum = crc32c(bytes);
      return { slot, count: to - from, timestamps, values: bytes, checksum, aggregates };
    });
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
