/**
 * Keys of a block, big-endian, so that LevelDB's order is the one in which a query reads.
 * Format: docs/formats/block.md.
 */

/** First byte of a key, and second byte of its value. */
export const KIND = {
  aggregates: 0x41,
  columns: 0x43,
  exemplars: 0x58,
  histograms: 0x47,
  labels: 0x44,
  header: 0x48,
  tenant: 0x4e,
  postings: 0x50,
  series: 0x53,
  timestamps: 0x54,
} as const;

export type BlockKind = (typeof KIND)[keyof typeof KIND];

/** Above every key. */
export const BEYOND_KEYS = Uint8Array.of(0xff);

/** The column of raw samples; tiers will have others. */
export const RAW_COLUMN = 0;

const SIGN = 0x8000_0000;
const UTF8 = new TextEncoder();

export const HEADER_KEY = Uint8Array.of(KIND.header);

/** Key of a page that is numbered from 0: labels, postings, series. */
export function pageKey(kind: BlockKind, page: number): Uint8Array {
  const key = new Uint8Array(5);
  key[0] = kind;
  putU32(key, 1, page);
  return key;
}

export function tenantKey(tenant: string): Uint8Array {
  const text = UTF8.encode(tenant);
  const key = new Uint8Array(1 + text.length);
  key[0] = KIND.tenant;
  key.set(text, 1);
  return key;
}

export function timestampsKey(slot: number, page: number): Uint8Array {
  return slotKey(KIND.timestamps, slot, page);
}

export function aggregatesKey(slot: number, group: number): Uint8Array {
  return slotKey(KIND.aggregates, slot, group);
}

export function histogramsKey(slot: number, group: number): Uint8Array {
  return slotKey(KIND.histograms, slot, group);
}

export function exemplarsKey(slot: number, group: number): Uint8Array {
  return slotKey(KIND.exemplars, slot, group);
}

export function columnsKey(slot: number, group: number): Uint8Array {
  const key = new Uint8Array(14);
  key[0] = KIND.columns;
  putSlot(key, slot);
  key[9] = RAW_COLUMN;
  putU32(key, 10, group);
  return key;
}

function slotKey(kind: BlockKind, slot: number, page: number): Uint8Array {
  const key = new Uint8Array(13);
  key[0] = kind;
  putSlot(key, slot);
  putU32(key, 9, page);
  return key;
}

/** A signed 64-bit number with its sign bit turned, so that negative slots come first. */
function putSlot(key: Uint8Array, slot: number): void {
  const high = Math.floor(slot / 0x1_0000_0000);
  putU32(key, 1, (high ^ SIGN) >>> 0);
  putU32(key, 5, slot - high * 0x1_0000_0000);
}

function putU32(key: Uint8Array, at: number, n: number): void {
  key[at] = n >>> 24;
  key[at + 1] = n >>> 16;
  key[at + 2] = n >>> 8;
  key[at + 3] = n;
}

function getU32(key: Uint8Array, at: number): number {
  const top = (key[at] as number) * 0x100_0000;
  return (
    top +
    (((key[at + 1] as number) << 16) | ((key[at + 2] as number) << 8)) +
    (key[at + 3] as number)
  );
}

function getSlot(key: Uint8Array): number {
  const high = (getU32(key, 1) ^ SIGN) | 0;
  return high * 0x1_0000_0000 + getU32(key, 5);
}

export type ParsedKey =
  | { readonly kind: 'header' }
  | { readonly kind: 'labels' | 'postings' | 'series'; readonly page: number }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'timestamps'; readonly slot: number; readonly page: number }
  | {
      readonly kind: 'aggregates' | 'exemplars' | 'histograms';
      readonly slot: number;
      readonly group: number;
    }
  | {
      readonly kind: 'columns';
      readonly slot: number;
      readonly column: number;
      readonly group: number;
    };

const LENGTHS: Readonly<Record<number, number>> = {
  [KIND.header]: 1,
  [KIND.labels]: 5,
  [KIND.postings]: 5,
  [KIND.series]: 5,
  [KIND.timestamps]: 13,
  [KIND.aggregates]: 13,
  [KIND.exemplars]: 13,
  [KIND.histograms]: 13,
  [KIND.columns]: 14,
};

/** What a key says, or undefined where it is none of ours. */
export function parseKey(key: Uint8Array): ParsedKey | undefined {
  const kind = key[0] as number;
  if (kind === KIND.tenant) {
    return { kind: 'tenant', tenant: new TextDecoder().decode(key.subarray(1)) };
  }
  if (LENGTHS[kind] !== key.length) return undefined;
  switch (kind) {
    case KIND.header:
      return { kind: 'header' };
    case KIND.labels:
      return { kind: 'labels', page: getU32(key, 1) };
    case KIND.postings:
      return { kind: 'postings', page: getU32(key, 1) };
    case KIND.series:
      return { kind: 'series', page: getU32(key, 1) };
    case KIND.timestamps:
      return { kind: 'timestamps', slot: getSlot(key), page: getU32(key, 9) };
    case KIND.aggregates:
      return { kind: 'aggregates', slot: getSlot(key), group: getU32(key, 9) };
    case KIND.exemplars:
      return { kind: 'exemplars', slot: getSlot(key), group: getU32(key, 9) };
    case KIND.histograms:
      return { kind: 'histograms', slot: getSlot(key), group: getU32(key, 9) };
    default:
      return {
        kind: 'columns',
        slot: getSlot(key),
        column: key[9] as number,
        group: getU32(key, 10),
      };
  }
}

/** A key for people: `columns slot=7 column=0 group=12`. */
export function formatKey(key: Uint8Array): string {
  const parsed = parseKey(key);
  if (parsed === undefined) return `0x${Buffer.from(key).toString('hex')}`;
  return Object.entries(parsed)
    .map(([name, value]) => (name === 'kind' ? value : `${name}=${value}`))
    .join(' ');
}
