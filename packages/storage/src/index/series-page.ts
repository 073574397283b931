/**
 * Up to 256 series in order: hashes, time seen, group, label pairs. Format: docs/formats/block.md.
 */

import { lowerBound, slotOf } from '../chunk/slot.ts';
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';

export const SERIES_PER_PAGE = 256;

/** The time axis of a block. */
export interface SlotAxis {
  readonly slotWidthMs: number;
  /** Slots that have samples, ascending. */
  readonly slots: Float64Array;
}

/** Columns, each of `count` entries unless said otherwise. */
export interface SeriesPage {
  readonly count: number;
  readonly shardHashes: Uint32Array;
  /** [2n] high and low half. */
  readonly fingerprints: Uint32Array;
  /** ms */
  readonly firstSeen: Float64Array;
  readonly lastSeen: Float64Array;
  /** The group a series is in, and its place in it. */
  readonly groups: Uint32Array;
  readonly members: Uint8Array;
  /** By group less groups[0]: in which slots it has values; half-open runs of slot indexes. */
  readonly groupSlots: readonly Uint32Array[];
  /** [n+1] where each series' pairs start in `pairs`. */
  readonly pairStarts: Uint32Array;
  /** Numbers of label pairs, ascending within a series. */
  readonly pairs: Uint32Array;
}

export function encodeSeriesPage(page: SeriesPage, axis: SlotAxis, out: ByteWriter): void {
  const { count } = page;
  out.varint(count);
  out.varint(page.groups[0] as number);
  out.u8(page.members[0] as number);
  for (let i = 0; i < count; i++) out.u32(page.shardHashes[i] as number);
  for (let i = 0; i < 2 * count; i++) out.u32(page.fingerprints[i] as number);
  for (let i = 0; i < count; i++) {
    writeTime(page.firstSeen[i] as number, axis, out);
    writeTime(page.lastSeen[i] as number, axis, out);
  }
  writeGroupLengths(page, out);
  for (const slots of page.groupSlots) writeSlotRuns(slots, out);
  for (let i = 0; i < count; i++) writePairs(page, i, out);
}

/**
 * A time as the index of its slot and what it is after the slot's start: small, exact at any age.
 */
function writeTime(timeMs: number, { slots, slotWidthMs }: SlotAxis, out: ByteWriter): void {
  const slot = slotOf(timeMs, slotWidthMs);
  out.varint(lowerBound(slots, slot));
  out.varint(timeMs - slot * slotWidthMs);
}

function readTime(reader: ByteReader, { slots, slotWidthMs }: SlotAxis): number {
  const slot = slots[reader.varint()];
  if (slot === undefined) throw new MalformedBytes('a slot that the block does not have');
  return slot * slotWidthMs + reader.varint();
}

/** How many of the page's series are in each of its groups. */
function writeGroupLengths({ count, groups, groupSlots }: SeriesPage, out: ByteWriter): void {
  out.varint(groupSlots.length);
  let length = 0;
  for (let i = 0; i < count; i++) {
    length++;
    if (i + 1 < count && groups[i + 1] === groups[i]) continue;
    out.u8(length - 1);
    length = 0;
  }
}

function writeSlotRuns(slots: Uint32Array, out: ByteWriter): void {
  out.varint(slots.length / 2);
  let end = 0;
  for (let i = 0; i < slots.length; i += 2) {
    out.varint((slots[i] as number) - end);
    end = slots[i + 1] as number;
    out.varint(end - (slots[i] as number) - 1);
  }
}

/**
 * The pairs of a series: how many, a bit for each that differs from the one at its place in the
 * series before, and the difference for each such.
 */
function writePairs({ pairStarts, pairs }: SeriesPage, i: number, out: ByteWriter): void {
  const start = pairStarts[i] as number;
  const count = (pairStarts[i + 1] as number) - start;
  const startBefore = i > 0 ? (pairStarts[i - 1] as number) : start;
  const before = (k: number) => (startBefore + k < start ? (pairs[startBefore + k] as number) : 0);
  out.varint(count);
  for (let from = 0; from < count; from += 8) {
    let bits = 0;
    for (let k = from; k < Math.min(from + 8, count); k++) {
      if (pairs[start + k] !== before(k)) bits |= 1 << (k - from);
    }
    out.u8(bits);
  }
  for (let k = 0; k < count; k++) {
    const pair = pairs[start + k] as number;
    if (pair !== before(k)) out.signed(pair - before(k));
  }
}

/** @throws MalformedBytes */
export function decodeSeriesPage(reader: ByteReader, axis: SlotAxis): SeriesPage {
  const count = reader.varint();
  if (count === 0 || count > SERIES_PER_PAGE) throw new MalformedBytes(`a page of ${count} series`);
  const firstGroup = reader.varint();
  const firstMember = reader.u8();
  const shardHashes = new Uint32Array(count);
  const fingerprints = new Uint32Array(2 * count);
  const firstSeen = new Float64Array(count);
  const lastSeen = new Float64Array(count);
  for (let i = 0; i < count; i++) shardHashes[i] = reader.u32();
  for (let i = 0; i < 2 * count; i++) fingerprints[i] = reader.u32();
  for (let i = 0; i < count; i++) {
    firstSeen[i] = readTime(reader, axis);
    lastSeen[i] = readTime(reader, axis);
  }
  const groups = readGroups(reader, { count, firstGroup, firstMember });
  const labels = readPairs(reader, count);
  if (reader.left !== 0) throw new MalformedBytes(`${reader.left} bytes are left over`);
  return { count, shardHashes, fingerprints, firstSeen, lastSeen, ...groups, ...labels };
}

function readGroups(
  reader: ByteReader,
  page: { readonly count: number; readonly firstGroup: number; readonly firstMember: number },
): Pick<SeriesPage, 'groups' | 'members' | 'groupSlots'> {
  const { count, firstGroup, firstMember } = page;
  const groups = new Uint32Array(count);
  const members = new Uint8Array(count);
  const groupCount = reader.varint();
  let i = 0;
  for (let group = 0; group < groupCount; group++) {
    const length = reader.u8() + 1;
    if (i + length > count) throw new MalformedBytes('groups hold more series than the page');
    for (let k = 0; k < length; k++, i++) {
      groups[i] = firstGroup + group;
      members[i] = (group === 0 ? firstMember : 0) + k;
    }
  }
  if (i !== count) throw new MalformedBytes('groups hold fewer series than the page');
  const groupSlots: Uint32Array[] = [];
  for (let group = 0; group < groupCount; group++) groupSlots.push(readSlotRuns(reader));
  return { groups, members, groupSlots };
}

function readSlotRuns(reader: ByteReader): Uint32Array {
  const bounds: number[] = [];
  let end = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const start = end + reader.varint();
    end = start + reader.varint() + 1;
    bounds.push(start, end);
  }
  return Uint32Array.from(bounds);
}

function readPairs(reader: ByteReader, count: number): Pick<SeriesPage, 'pairStarts' | 'pairs'> {
  const pairStarts = new Uint32Array(count + 1);
  const pairs: number[] = [];
  let startBefore = 0;
  for (let i = 0; i < count; i++) {
    const start = pairs.length;
    const pairCount = reader.varint();
    const bits = reader.raw((pairCount + 7) >>> 3);
    for (let k = 0; k < pairCount; k++) {
      const before = startBefore + k < start ? (pairs[startBefore + k] as number) : 0;
      const isOther = ((bits[k >>> 3] as number) >>> (k & 7)) & 1;
      pairs.push(isOther ? before + reader.signed() : before);
    }
    startBefore = start;
    pairStarts[i + 1] = pairs.length;
  }
  return { pairStarts, pairs: Uint32Array.from(pairs) };
}
