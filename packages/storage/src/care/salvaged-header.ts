/**
 * The header of a block, made anew from what else is there where the stored one is damaged.
 *
 * The manifest knows counts and times; the keys tell which slots there are; of the few widths that
 * a slot may have, one puts the first and last sample into the first and last slot.
 */
import { type BlockHeader, decodeHeader, encodeHeader } from '../block/block-header.ts';
import { BEYOND_KEYS, HEADER_KEY, KIND, parseKey } from '../block/block-key.ts';
import type { BlockSummary } from '../block/block-series.ts';
import { beginValue, checkValue, contentOf, endValue } from '../block/block-value.ts';
import { addGroup } from '../block/lane-groups.ts';
import { SLOT_WIDTHS_MS, slotOf } from '../chunk/slot.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import type { DatabaseEntries, KeyRange } from '../kv/database-entries.ts';

/** The stored header; undefined where it is missing or damaged. */
export function storedHeader(entries: DatabaseEntries): BlockHeader | undefined {
  const value = entries.getSync(HEADER_KEY);
  if (value === undefined) return undefined;
  try {
    const reader = contentOf(KIND.header, value);
    checkValue(HEADER_KEY, value);
    return decodeHeader(reader);
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    return undefined;
  }
}

/** A header that serves to read what is there; undefined where the times fit no width of slots. */
export async function rebuiltHeader(
  entries: DatabaseEntries,
  summary: BlockSummary,
): Promise<BlockHeader | undefined> {
  const slots = new Set<number>();
  const lanes = { histograms: new Map<number, number[]>(), exemplars: new Map<number, number[]>() };
  for await (const page of entries.pages({ gte: new Uint8Array(0), lt: BEYOND_KEYS })) {
    for (const [key] of page) {
      const parsed = parseKey(key);
      if (parsed?.kind === 'histograms' || parsed?.kind === 'exemplars') {
        slots.add(parsed.slot);
        const groups = lanes[parsed.kind].get(parsed.slot) ?? [];
        addGroup(groups, parsed.group);
        lanes[parsed.kind].set(parsed.slot, groups);
      }
      if (parsed?.kind === 'columns' || parsed?.kind === 'timestamps') slots.add(parsed.slot);
    }
  }
  const { minTimeMs, maxTimeMs } = summary;
  const sorted = [...slots].filter(Number.isSafeInteger).sort((a, b) => a - b);
  const widths = SLOT_WIDTHS_MS.map((slotWidthMs) => ({
    slotWidthMs,
    first: slotOf(minTimeMs, slotWidthMs),
    last: slotOf(maxTimeMs, slotWidthMs),
  }));
  const within = ({ first, last }: { first: number; last: number }) =>
    sorted.filter((slot) => slot >= first && slot <= last);
  const fits = widths.filter((width) => within(width).length > 0);
  // A slot at either end may be lost as well: the width that explains most slots is right.
  const best = fits.sort((a, b) => within(b).length - within(a).length)[0];
  if (best === undefined) return undefined;
  const found = within(best);
  return {
    ...summary,
    ...{ slotWidthMs: best.slotWidthMs, spanMs: 0, groups: 0, pairs: 0, sources: [] },
    tenantHashes: new Uint32Array(0),
    slots: Float64Array.from(found),
    slotColumns: new Uint32Array(found.length),
    slotGroups: new Uint32Array(found.length),
    lanes: {
      histograms: found.map((slot) => Uint32Array.from(lanes.histograms.get(slot) ?? [])),
      exemplars: found.map((slot) => Uint32Array.from(lanes.exemplars.get(slot) ?? [])),
    },
  };
}

/** The entries of a block with another header in place. */
export function withHeader(entries: DatabaseEntries, header: BlockHeader): DatabaseEntries {
  const out = new ByteWriter();
  beginValue(KIND.header, out);
  encodeHeader(header, out);
  const value = endValue(HEADER_KEY, out);
  const isHeader = (key: Uint8Array) => Buffer.compare(key, HEADER_KEY) === 0;
  const getSync = (key: Uint8Array) => (isHeader(key) ? value : entries.getSync(key));
  return {
    dir: entries.dir,
    getSync,
    getMany: async (keys) => keys.map(getSync),
    pages: (range: KeyRange) => entries.pages(range),
  };
}
