/**
 * The header of a block: what it covers and how much of each kind it holds, so that a value that
 * has gone missing is found. Format: docs/formats/block.md.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { crc32c } from '../encoding/crc32c.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import type { SlotAxis } from '../index/series-page.ts';
import type { TenantId } from '../model/tenant.ts';
import type { BlockSummary } from './block-series.ts';
import {
  decodeLaneGroups,
  encodeLaneGroups,
  hasLanes,
  type LaneGroups,
  NO_LANE_GROUPS,
} from './lane-groups.ts';

/** Retention class and tier; others come with policies and downsampling. */
const DEFAULT_CLASS = 0;
const RAW_TIER = 0;

export interface BlockHeader extends Omit<BlockSummary, 'bytes'>, SlotAxis {
  /** Sum over all series of the time from first to last sample. */
  readonly spanMs: number;
  readonly groups: number;
  /** Distinct label pairs. */
  readonly pairs: number;
  /** Ids of the blocks this one was merged from; empty for a cut. */
  readonly sources: readonly string[];
  /**
   * Hashes of the tenants' names, ascending: a tenant whose catalog is lost is not taken for none.
   */
  readonly tenantHashes: Uint32Array;
  /** By slot: how many timestamp columns, and how many groups with values. */
  readonly slotColumns: Uint32Array;
  readonly slotGroups: Uint32Array;
  /** Where native histograms and exemplars are. */
  readonly lanes: LaneGroups;
}

export function tenantHash(tenant: TenantId): number {
  return crc32c(new TextEncoder().encode(tenant));
}

export function encodeHeader(header: BlockHeader, out: ByteWriter): void {
  out.u8(DEFAULT_CLASS);
  out.u8(RAW_TIER);
  out.varint(header.slotWidthMs);
  out.signed(header.minTimeMs);
  out.signed(header.maxTimeMs);
  out.varint(header.spanMs);
  out.varint(header.series);
  out.varint(header.samples);
  out.varint(header.groups);
  out.varint(header.pairs);
  out.varint(header.generations.min);
  out.varint(header.generations.max - header.generations.min);
  out.varint(header.sources.length);
  for (const source of header.sources) out.text(source);
  out.varint(header.tenantHashes.length);
  for (const hash of header.tenantHashes) out.u32(hash);
  out.varint(header.slots.length);
  header.slots.forEach((slot, i) => {
    if (i === 0) out.signed(slot);
    else out.varint(slot - (header.slots[i - 1] as number) - 1);
    out.varint(header.slotColumns[i] as number);
    out.varint(header.slotGroups[i] as number);
  });
  if (hasLanes(header.lanes)) encodeLaneGroups(header.lanes, header.slots.length, out);
}

/** @throws MalformedBytes */
export function decodeHeader(reader: ByteReader): BlockHeader {
  const retentionClass = reader.u8();
  const tier = reader.u8();
  if (retentionClass !== DEFAULT_CLASS || tier !== RAW_TIER) {
    throw new MalformedBytes(`class ${retentionClass}, tier ${tier} are not known`);
  }
  const slotWidthMs = reader.varint();
  const minTimeMs = reader.signed();
  const maxTimeMs = reader.signed();
  const spanMs = reader.varint();
  const series = reader.varint();
  const samples = reader.varint();
  const groups = reader.varint();
  const pairs = reader.varint();
  const minGeneration = reader.varint();
  const generations = { min: minGeneration, max: minGeneration + reader.varint() };
  const sources: string[] = [];
  for (let left = reader.varint(); left > 0; left--) sources.push(reader.text());
  const tenantHashes: number[] = [];
  for (let left = reader.varint(); left > 0; left--) tenantHashes.push(reader.u32());
  const slots = readSlots(reader);
  const lanes = reader.left > 0 ? decodeLaneGroups(reader, slots.slots.length) : NO_LANE_GROUPS;
  return {
    slotWidthMs,
    minTimeMs,
    maxTimeMs,
    spanMs,
    series,
    samples,
    groups,
    pairs,
    generations,
    sources,
    tenantHashes: Uint32Array.from(tenantHashes),
    ...slots,
    lanes,
  };
}

function readSlots(reader: ByteReader): Pick<BlockHeader, 'slots' | 'slotColumns' | 'slotGroups'> {
  const slots: number[] = [];
  const slotColumns: number[] = [];
  const slotGroups: number[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const before = slots.at(-1);
    slots.push(before === undefined ? reader.signed() : before + reader.varint() + 1);
    slotColumns.push(reader.varint());
    slotGroups.push(reader.varint());
  }
  return {
    slots: Float64Array.from(slots),
    slotColumns: Uint32Array.from(slotColumns),
    slotGroups: Uint32Array.from(slotGroups),
  };
}
