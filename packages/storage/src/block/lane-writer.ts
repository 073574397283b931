/**
 * The native histograms and exemplars of a block on their way into it: by slot and group, in values
 * of kinds of their own. Format: docs/formats/block.md.
 */
import { encodeColumnHead, type ValueColumn } from '../chunk/column-group.ts';
import type { EncodedLanes, HistogramChunk } from '../chunk/encoded-lanes.ts';
import { slotOf } from '../chunk/slot.ts';
import type { TimestampTable } from '../chunk/timestamp-table.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { crc32c } from '../encoding/crc32c.ts';
import { encodeExemplars } from '../encoding/exemplar-bytes.ts';
import { encodeHistograms } from '../encoding/histogram-column.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { firstAtOrAfter, sliceRun } from '../model/histogram-run.ts';
import { exemplarsKey, histogramsKey, KIND } from './block-key.ts';
import type { BlockSeries } from './block-series.ts';
import { beginValue, endValue } from './block-value.ts';
import { addGroup, type LaneGroups } from './lane-groups.ts';

export interface LaneWriterParts {
  readonly slotWidthMs: number;
  readonly table: TimestampTable;
  readonly put: (key: Uint8Array, value: Uint8Array) => void;
}

/** First and last time of anything that a series has. */
export function seenRange(series: BlockSeries): {
  readonly firstMs: number;
  readonly lastMs: number;
} {
  const { timestampsMs, histograms, exemplars } = series;
  let firstMs = timestampsMs[0] ?? Number.POSITIVE_INFINITY;
  let lastMs = timestampsMs[timestampsMs.length - 1] ?? Number.NEGATIVE_INFINITY;
  if (histograms !== undefined) {
    firstMs = Math.min(firstMs, histograms.timestampsMs[0] ?? firstMs);
    lastMs = Math.max(lastMs, histograms.timestampsMs.at(-1) ?? lastMs);
  }
  if (exemplars !== undefined) {
    firstMs = Math.min(firstMs, exemplars[0]?.timestampMs ?? firstMs);
    lastMs = Math.max(lastMs, exemplars.at(-1)?.timestampMs ?? lastMs);
  }
  return { firstMs, lastMs };
}

export class LaneWriter {
  readonly #parts: LaneWriterParts;
  readonly #out = new ByteWriter(4096);
  /** By slot: bounds of runs of groups. */
  readonly #histogramGroups = new Map<number, number[]>();
  readonly #exemplarGroups = new Map<number, number[]>();

  constructor(parts: LaneWriterParts) {
    this.#parts = parts;
  }

  /** Undefined where a series has float samples alone. */
  encode({ histograms, exemplars = [] }: BlockSeries): EncodedLanes | undefined {
    const run = histograms;
    const { slotWidthMs, table } = this.#parts;
    const chunks: HistogramChunk[] = [];
    const count = run?.timestampsMs.length ?? 0;
    if (count + exemplars.length === 0) return undefined;
    for (let from = 0; run !== undefined && from < count; ) {
      const slot = slotOf(run.timestampsMs[from] as number, slotWidthMs);
      const startMs = slot * slotWidthMs;
      const to = firstAtOrAfter(run.timestampsMs, startMs + slotWidthMs);
      const part = sliceRun(run, from, to);
      this.#out.clear();
      encodeHistograms(part, this.#out);
      const bytes = this.#out.copy();
      const timestamps = table.columnOf(
        slot,
        part.timestampsMs.map((ms) => ms - startMs),
      );
      chunks.push({ slot, count: to - from, timestamps, bytes, checksum: crc32c(bytes) });
      from = to;
    }
    return { histograms: chunks, exemplars: bySlot(exemplars, slotWidthMs) };
  }

  /** Writes what the series of a group have. */
  addGroup(group: number, series: readonly (EncodedLanes | undefined)[]): void {
    const columns = new Map<number, ValueColumn[]>();
    const exemplars = new Map<number, [member: number, readonly Exemplar[]][]>();
    series.forEach((lanes, member) => {
      for (const { slot, ...chunk } of lanes?.histograms ?? []) {
        listIn(columns, slot).push({ member, ...chunk });
      }
      for (const [slot, some] of lanes?.exemplars ?? []) {
        listIn(exemplars, slot).push([member, some]);
      }
    });
    for (const [slot, some] of columns) this.#addHistograms(slot, group, some);
    for (const [slot, some] of exemplars) this.#addExemplars(slot, group, some);
  }

  #addHistograms(slot: number, group: number, columns: readonly ValueColumn[]): void {
    const out = this.#out;
    beginValue(KIND.histograms, out);
    encodeColumnHead(columns, out);
    const headEnd = out.length;
    for (const { bytes } of columns) out.raw(bytes);
    const key = histogramsKey(slot, group);
    this.#parts.put(key, endValue(key, out, headEnd));
    addGroup(listIn(this.#histogramGroups, slot), group);
  }

  #addExemplars(
    slot: number,
    group: number,
    series: readonly (readonly [member: number, readonly Exemplar[]])[],
  ): void {
    const out = this.#out;
    beginValue(KIND.exemplars, out);
    out.varint(series.length);
    let next = 0;
    for (const [member, exemplars] of series) {
      out.varint(member - next);
      encodeExemplars(exemplars, out);
      next = member + 1;
    }
    const key = exemplarsKey(slot, group);
    this.#parts.put(key, endValue(key, out));
    addGroup(listIn(this.#exemplarGroups, slot), group);
  }

  /** The slots that have something here, in any order. */
  *slots(): Generator<number> {
    yield* this.#histogramGroups.keys();
    yield* this.#exemplarGroups.keys();
  }

  /** Which groups have something, for the header. */
  groups(slots: Float64Array): LaneGroups {
    const runsOf = (groups: ReadonlyMap<number, readonly number[]>) =>
      Array.from(slots, (slot) => Uint32Array.from(groups.get(slot) ?? []));
    return {
      histograms: runsOf(this.#histogramGroups),
      exemplars: runsOf(this.#exemplarGroups),
    };
  }
}

function bySlot(
  exemplars: readonly Exemplar[],
  slotWidthMs: number,
): ReadonlyMap<number, readonly Exemplar[]> {
  const slots = new Map<number, Exemplar[]>();
  for (const exemplar of exemplars) {
    listIn(slots, slotOf(exemplar.timestampMs, slotWidthMs)).push(exemplar);
  }
  return slots;
}

function listIn<T>(map: Map<number, T[]>, key: number): T[] {
  let list = map.get(key);
  if (list === undefined) {
    list = [];
    map.set(key, list);
  }
  return list;
}
